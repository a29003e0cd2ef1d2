// MFCC: 16 kHz samples in, cepstra with their derivatives out. The host cuts frames into blocks of fixed
// size; DFT, mel bands, logarithm and DCT are one compiled graph per block size. The recipe is Kaldi's
// without dither (c0, not log energy; frames only where a whole window fits); tables.ts has the details.
import { compile, tf, type Compiled } from '../engine/index.js';
import type { Compute } from '../core/stage.js';
import type { FeaturesConfig } from './config.js';
import { appendDeltas } from './deltas.js';
import type { FeatureExtractor } from './extractor.js';
import { frameCount, refuseBrokenSound } from './frame-grid.js';
import { mfccTables, type MfccTables } from './tables.js';

/** Frames computed at once; the small size keeps short utterances and tails from being mostly padding. */
const blockSizes = [32, 256] as const;
const [smallBlock, largeBlock] = blockSizes;

/** @throws AsrError 'config' when settings contradict each other; 'dependency' when the engine does not start */
export async function createMfcc(config: FeaturesConfig, compute: Compute): Promise<FeatureExtractor> {
  const tables = mfccTables(config);
  const { window, hop, coefficients } = tables;
  const graphs = new Map<number, CepstrumGraph>();
  for (const size of blockSizes) graphs.set(size, await compileCepstrum(tables, config.energyFloor, size, compute));

  return {
    window, hop, dim: coefficients * (1 + config.deltas),
    async extract(samples) {
      refuseBrokenSound(samples);
      const rows = frameCount(samples.length, window, hop);
      const cepstra = new Float32Array(rows * coefficients);
      for (let first = 0; first < rows;) {
        const size = rows - first <= smallBlock ? smallBlock : largeBlock;
        const used = Math.min(size, rows - first);
        const frames = new Float32Array(size * window);
        for (let t = 0; t < used; t++) cutFrame(samples, (first + t) * hop, frames.subarray(t * window, (t + 1) * window));
        const { cepstrum } = await (graphs.get(size) as CepstrumGraph).run({ frames });
        cepstra.set(cepstrum.subarray(0, used * coefficients), first * coefficients);
        first += used;
      }
      return { data: appendDeltas(cepstra, rows, coefficients, config.deltas, config.deltaWindow), rows };
    },
    async dispose() {
      for (const graph of graphs.values()) await graph.dispose();
    },
  };
}

type CepstrumGraph = Compiled<'frames', 'cepstrum'>;

/** frames [size, W] -> cepstrum [size, C] */
function compileCepstrum(tables: MfccTables, energyFloor: number, size: number, compute: Compute): Promise<CepstrumGraph> {
  const { window, bins, bands, coefficients } = tables;
  return compile(({ frames }: { frames: tf.Tensor }) => {
    const real = tf.matMul(frames, tf.tensor2d(tables.cosine, [window, bins])); // [T, W] -> [T, B]
    const imaginary = tf.matMul(frames, tf.tensor2d(tables.sine, [window, bins]));
    const power = tf.add(tf.square(real), tf.square(imaginary));
    const energy = tf.matMul(power, tf.tensor2d(tables.mel, [bins, bands])); // [T, B] -> [T, M]
    const logEnergy = tf.log(tf.maximum(energy, energyFloor));
    return { cepstrum: tf.matMul(logEnergy, tf.tensor2d(tables.cepstrum, [bands, coefficients])) }; // [T, M] -> [T, C]
  }, { frames: { shape: [size, window] } }, { name: `mfcc-${size}`, threads: compute.threads, engine: compute.engine });
}

/** One frame without its mean: taken away here in float64, because in the float32 graph a large offset would cost digits. */
function cutFrame(samples: Float32Array, start: number, frame: Float32Array): void {
  let sum = 0;
  for (let n = 0; n < frame.length; n++) sum += samples[start + n] as number;
  const mean = sum / frame.length;
  for (let n = 0; n < frame.length; n++) frame[n] = (samples[start + n] as number) - mean;
}
