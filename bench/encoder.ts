// Extraction with an encoder of the size of wav2vec 2.0 base (random weights, all 12 blocks) against PyTorch
// running the same architecture: seconds of sound a second, in turn within one run. The same file as a
// published one, through the same code.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Rng } from '../src/core/rng.js';
import type { Compute } from '../src/core/stage.js';
import { featuresConfig } from '../src/features/config.js';
import { createEncoder } from '../src/features/encoder.js';
import { base, encoderConfig, families, type Architecture } from './encoder-families.js';
import { encoderOnnx } from './encoder-graph.js';
import { Peer } from './peer.js';
import { alternate, rounded, timed, type Taken } from './timing.js';

export interface EncoderLine {
  readonly [name: string]: string | number | null;
}

/** @param sessions encoders side by side, each with its share of the threads */
export async function* benchEncoder(
  compute: Compute,
  sessions: number,
  seconds: readonly number[],
  rounds: number,
  wanted: boolean,
): AsyncGenerator<EncoderLine> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-encoder-'));
  const architecture = families['wav2vec2-base'] as Architecture;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'model.onnx'), encoderOnnx(architecture, { sizes: base }));
    await writeFile(join(folder, 'config.json'), JSON.stringify(encoderConfig(architecture, base)));
    const config = featuresConfig.parse({ kind: 'onnx', model: folder, layer: base.blocks, extraction: { sessions } });
    const encoder = await createEncoder(
      config,
      { ...compute, threads: Math.max(1, Math.floor(compute.threads / sessions)) },
      '.',
    );
    const peer = wanted ? new Peer('encoder.py') : undefined;
    await peer?.ask({ do: 'start', threads: compute.threads, blocks: base.blocks });
    for (const length of seconds) {
      const rng = Rng.fromSeed(`encoder ${length}`);
      // As many utterances as encoders, so that all have work; they differ by a sample, as utterances do.
      const sounds = Array.from({ length: sessions }, (_, i) =>
        Float32Array.from({ length: length * 16_000 - i }, () => 0.1 * rng.normal()),
      );
      const { ours, peer: theirs } = await alternate(
        () => timed(() => encoder.extractMany?.(sounds)),
        peer &&
          (async () => {
            const taken: Taken[] = [];
            for (const { length: samples } of sounds)
              taken.push(await peer.ask<Taken>({ do: 'run', batch: 1, samples }));
            return {
              ms: taken.reduce((sum, { ms }) => sum + ms, 0),
              cpuMs: taken.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
            };
          }),
        rounds,
      );
      const total = length * sessions;
      yield {
        name: 'wav2vec 2.0 base, 12 blocks',
        seconds: length,
        sessions,
        threads: compute.threads,
        engine: compute.engine,
        realTimeFactor: rounded(ours.ms / 1000 / total),
        framesPerSecond: rounded((50 * total) / (ours.ms / 1000)),
        cpuSecondsPerSecond: rounded(ours.cpuMs / 1000 / total),
        peerRealTimeFactor: theirs ? rounded(theirs.ms / 1000 / total) : null,
        peerCpuSecondsPerSecond: theirs ? rounded(theirs.cpuMs / 1000 / total) : null,
        timesAsFast: theirs ? rounded(theirs.ms / ours.ms) : null,
        timesAsFastByCpu: theirs ? rounded(theirs.cpuMs / ours.cpuMs) : null,
        peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
      };
    }
    peer?.close();
    await encoder.dispose();
  } finally {
    await rm(folder, { recursive: true });
  }
}
