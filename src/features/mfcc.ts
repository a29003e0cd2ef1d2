// MFCC: 16 kHz samples in, cepstra with their derivatives out. The host cuts frames into blocks of fixed
// size; DFT, mel bands, logarithm and DCT are one compiled graph per block size. The recipe is Kaldi's
// without dither (c0, not log energy; frames only where a whole window fits); tables.ts has the details.
import { compile, tf, type Compiled } from '../engine/index.js';
import { disposeAll, openTogether } from '../core/disposal.js';
import type { Compute } from '../core/stage.js';
import type { FeaturesConfig } from './config.js';
import { appendDeltas } from './deltas.js';
import { frameCount } from '../core/frame-grid.js';
import type { Samples } from '../core/time.js';
import { refuseBrokenSound, type FeatureExtractor } from './frames.js';
import { mfccTables, type MfccTables } from './tables.js';

/** Frames computed at once; the small size keeps short utterances and tails from being mostly padding. */
const blockSizes = [32, 256] as const;
const [smallBlock, largeBlock] = blockSizes;

/** @throws AsrError 'config' when settings contradict each other; 'dependency' when the engine does not start */
export async function createMfcc(config: FeaturesConfig, compute: Compute): Promise<FeatureExtractor> {
  const tables = mfccTables(config);
  const { bands, coefficients } = tables;
  const spectral = await createSpectral(
    'mfcc',
    tables,
    coefficients,
    (frames) =>
      tf.matMul(logBands(frames, tables, config.energyFloor), tf.tensor2d(tables.cepstrum, [bands, coefficients])),
    compute,
  ); // [T, M] -> [T, C]
  return mfccOf(config, tables, spectral);
}

type Spectral = Pick<FeatureExtractor, 'extract' | 'dispose'>;

/** Cepstra and their derivatives. @param spectral gives the cepstra */
export function mfccOf(
  { deltas, deltaWindow }: FeaturesConfig,
  { window, hop, coefficients }: MfccTables,
  { extract, dispose }: Spectral,
): FeatureExtractor {
  return {
    window,
    hop,
    dim: coefficients * (1 + deltas),
    async extract(samples) {
      const { data, rows } = await extract(samples);
      return { data: appendDeltas(data, rows, coefficients, deltas, deltaWindow), rows };
    },
    dispose,
  };
}

/** Frames of samples through one graph, block by block. @param graph frames [T, W] to numbers [T, columns] */
export async function createSpectral(
  name: string,
  tables: MfccTables,
  columns: number,
  graph: (frames: tf.Tensor) => tf.Tensor,
  compute: Compute,
): Promise<Spectral> {
  const { window } = tables;
  const compiled = await openTogether(
    blockSizes.map((size) =>
      compile(
        ({ frames }) => ({ values: graph(frames) }),
        { frames: { shape: [size, window] } },
        { name: `${name}-${size}`, threads: compute.threads, engine: compute.engine },
      ),
    ),
  );
  const graphs = new Map(blockSizes.map((size, i): [number, Compiled<'frames', 'values'>] => [size, compiled[i]!]));
  const run = async (frames: Float32Array, size: number): Promise<Float32Array> =>
    (await graphs.get(size)!.run({ frames })).values;
  return { extract: spectralExtract(tables, columns, run), dispose: () => disposeAll(compiled) };
}

/** @param run frames [size, W] to numbers [size, columns] */
export function spectralExtract(
  { window, hop }: MfccTables,
  columns: number,
  run: (frames: Float32Array, size: number) => Promise<Float32Array>,
): FeatureExtractor['extract'] {
  return async (samples) => {
    refuseBrokenSound(samples);
    const rows = frameCount(samples.length as Samples, { window, hop });
    const data = new Float32Array(rows * columns);
    for (let first = 0; first < rows;) {
      const size = rows - first <= smallBlock ? smallBlock : largeBlock;
      const used = Math.min(size, rows - first);
      const frames = new Float32Array(size * window);
      for (let t = 0; t < used; t++)
        cutFrame(samples, (first + t) * hop, frames.subarray(t * window, (t + 1) * window));
      const values = await run(frames, size);
      data.set(values.subarray(0, used * columns), first * columns);
      first += used;
    }
    return { data, rows };
  };
}

/** frames [T, W] -> natural logarithm of band energies [T, M] */
export function logBands(
  frames: tf.Tensor,
  { window, bins, bands, ...tables }: MfccTables,
  energyFloor: number,
): tf.Tensor {
  const real = tf.matMul(frames, tf.tensor2d(tables.cosine, [window, bins])); // [T, W] -> [T, B]
  const imaginary = tf.matMul(frames, tf.tensor2d(tables.sine, [window, bins]));
  const power = tf.add(tf.square(real), tf.square(imaginary));
  const energy = tf.matMul(power, tf.tensor2d(tables.mel, [bins, bands])); // [T, B] -> [T, M]
  return tf.log(tf.maximum(energy, energyFloor));
}

/**
 * One frame without its mean: taken away here in float64, because in the float32
 * graph a large offset would cost digits.
 */
function cutFrame(samples: Float32Array, start: number, frame: Float32Array): void {
  let sum = 0;
  for (let n = 0; n < frame.length; n++) sum += samples[start + n] as number;
  const mean = sum / frame.length;
  for (let n = 0; n < frame.length; n++) frame[n] = (samples[start + n] as number) - mean;
}
