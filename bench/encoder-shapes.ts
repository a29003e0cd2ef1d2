// Our graphs of published checkpoints, of wav2vec 2.0's base and large shapes with random weights, against PyTorch with
// its fused attention: each in its own process, in turn within one run. And what such a model weighs in a bundle.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Rng } from '../src/core/rng.js';
import type { Compute } from '../src/core/stage.js';
import type { Precision } from '../src/encoders/precision.js';
import { bundleEncoder } from '../src/features/bundle-encoder.js';
import { featuresConfig } from '../src/features/config.js';
import { createExtractor } from '../src/features/extractor.js';
import type { EncoderLine } from './encoder.js';
import { Opponent } from './peer.js';
import { shapes, writeRandomCheckpoint, type ShapeName } from './random-checkpoint.js';
import { alternate, rounded, timed, type PeerTaken } from './timing.js';

export interface ShapeOptions {
  readonly shape: ShapeName;
  /** Blocks that are run; of the checkpoint no more are written. */
  readonly blocks: number;
  readonly precision: Precision;
  readonly compute: Compute;
  readonly seconds: readonly number[];
  readonly rounds: number;
  readonly peer: boolean;
}

const megabytes = (bytes: number): number => rounded(bytes / 1e6);
const peak = (): number => Math.round(process.resourceUsage().maxRSS / 1024);

export async function* benchShapes(options: ShapeOptions): AsyncGenerator<EncoderLine> {
  const { shape, blocks, precision, compute, rounds } = options;
  const folder = await mkdtemp(join(tmpdir(), 'bench-shapes-'));
  const checkpoint = join(folder, 'checkpoint');
  try {
    await writeRandomCheckpoint(checkpoint, shape, blocks);
    // With the settings that a run has: a minute goes through in pieces. PyTorch gets it whole.
    const config = featuresConfig.parse({ kind: 'encoder', model: checkpoint, layer: blocks, precision });
    const begin = performance.now();
    const encoder = await createExtractor(config, compute);
    const loadSeconds = rounded((performance.now() - begin) / 1000);
    const { hidden, inner, heads, stable } = shapes[shape];
    const start = { threads: compute.threads, hidden, inner, heads, stable, blocks };
    const peer = options.peer ? new Opponent('encoder_shapes.py', start) : undefined;
    for (const length of options.seconds) {
      const rng = Rng.fromSeed(`encoder ${length}`);
      const sound = Float32Array.from({ length: length * 16_000 }, () => 0.1 * rng.normal());
      let peerPeak: number | null = null;
      const {
        ours,
        peer: theirs,
        who,
      } = await alternate(
        () => timed(() => encoder.extract(sound)),
        peer &&
          (async () => {
            const { peakMiB, ...taken } = await peer.time<PeerTaken & { peakMiB: number }>({
              do: 'run',
              samples: sound.length,
            });
            peerPeak = peakMiB;
            return taken;
          }),
        rounds,
      );
      yield {
        ...{ name: `${shape}, ${blocks} blocks`, precision, seconds: length, threads: compute.threads, loadSeconds },
        realTimeFactor: rounded(ours.ms / 1000 / length),
        cpuSecondsPerSecond: rounded(ours.cpuMs / 1000 / length),
        peerRealTimeFactor: theirs ? rounded(theirs.ms / 1000 / length) : null,
        peerCpuSecondsPerSecond: theirs ? rounded(theirs.cpuMs / 1000 / length) : null,
        timesAsFast: theirs ? rounded(theirs.ms / ours.ms) : null,
        timesAsFastByCpu: theirs ? rounded(theirs.cpuMs / ours.cpuMs) : null,
        peakMiB: peak(),
        peerPeakMiB: peerPeak,
        ...(who === undefined ? {} : { peer: who }),
      };
    }
    peer?.close();
    await encoder.dispose();
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The part of a bundle that is the encoder: megabytes, and how long it takes from the disk to its first ten frames. */
export async function benchBundle(
  shape: ShapeName,
  blocks: number,
  precision: Precision,
  compute: Compute,
): Promise<EncoderLine> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-bundle-'));
  try {
    const checkpoint = join(folder, 'checkpoint');
    await writeRandomCheckpoint(checkpoint, shape, blocks);
    const config = featuresConfig.parse({ kind: 'encoder', model: checkpoint, layer: blocks, precision });
    const start = performance.now();
    const bundled = await bundleEncoder(config, '.', join(folder, 'bundle'));
    const writeSeconds = rounded((performance.now() - start) / 1000);
    const sizes = await Promise.all(bundled.files.map((file) => stat(join(folder, 'bundle', file))));
    const loaded = await timed(async () => {
      const encoder = await createExtractor(bundled.config, compute, join(folder, 'bundle'));
      await encoder.dispose();
    });
    return {
      ...{ name: `${shape}, ${blocks} blocks`, precision },
      checkpointMB: megabytes((await stat(join(checkpoint, 'model.safetensors'))).size),
      bundleMB: megabytes(sizes.reduce((sum, { size }) => sum + size, 0)),
      writeSeconds,
      loadSeconds: rounded(loaded.ms / 1000),
      loadCpuSeconds: rounded(loaded.cpuMs / 1000),
      peakMiB: peak(),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
