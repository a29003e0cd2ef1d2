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
import { Opponent } from './peer.js';
import { alternate, duelColumns, rounded, timed, type PeerTaken } from './timing.js';

export interface EncoderLine {
  readonly [name: string]: string | number | null;
}

export interface EncoderBench {
  readonly compute: Compute;
  /** Encoders side by side, each with its share of the threads. */
  readonly sessions: number;
  readonly seconds: readonly number[];
  readonly rounds: number;
  readonly peer: boolean;
}

/** Ours against PyTorch, then against Python's onnxruntime on the same file. */
export async function* benchEncoder({
  compute,
  sessions,
  seconds,
  rounds,
  peer: wanted,
}: EncoderBench): AsyncGenerator<EncoderLine> {
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
    const peer = wanted ? new Opponent('encoder.py', { threads: compute.threads, blocks: base.blocks }) : undefined;
    const asks = peer
      ? [{ do: 'run' }, { do: 'run_onnx', model: join(folder, 'model.onnx'), threads: compute.threads }]
      : [undefined];
    for (const length of seconds) {
      const rng = Rng.fromSeed(`encoder ${length}`);
      // As many utterances as encoders, so that all have work; they differ by a sample, as utterances do.
      const sounds = Array.from({ length: sessions }, (_, i) =>
        Float32Array.from({ length: length * 16_000 - i }, () => 0.1 * rng.normal()),
      );
      const total = length * sessions;
      for (const ask of asks) {
        const one = ask && ((samples: number) => peer?.time({ ...ask, samples }) as Promise<PeerTaken>);
        const duel = await alternate(
          () => timed(() => encoder.extractMany?.(sounds)),
          one && (() => inTurn(one, sounds)),
          rounds,
        );
        yield {
          name: `wav2vec 2.0 base, 12 blocks, ${length} s`,
          ...duelColumns(duel),
          seconds: length,
          sessions,
          threads: compute.threads,
          engine: compute.engine,
          realTimeFactor: rounded(duel.ours.ms / 1000 / total),
          framesPerSecond: rounded((50 * total) / (duel.ours.ms / 1000)),
          cpuSecondsPerSecond: rounded(duel.ours.cpuMs / 1000 / total),
          peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
        };
      }
    }
    peer?.close();
    await encoder.dispose();
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function inTurn(
  one: (samples: number) => Promise<PeerTaken>,
  sounds: readonly Float32Array[],
): Promise<PeerTaken> {
  const taken: PeerTaken[] = [];
  for (const { length } of sounds) taken.push(await one(length));
  return {
    ...taken[0],
    ms: taken.reduce((sum, { ms }) => sum + ms, 0),
    cpuMs: taken.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
  };
}
