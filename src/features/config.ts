// Settings of the features stage: which front end turns 16 kHz sound into frames, and how frames are normalised.
import { z } from 'zod';
import { section } from '../core/config.js';
import { byPlugin, pluginSetting } from '../core/plugins.js';
import { sampleRate } from '../core/time.js';
import { encoderGrid } from '../core/frame-grid.js';
import { precisions } from '../encoders/precision.js';
import { usualFitRows } from '../numeric/fit-sample.js';

export const featuresConfig = z.object({
  kind: z
    .enum(['mfcc', 'logmel', 'encoder', 'onnx', 'precomputed', 'supervised-stand-in', byPlugin])
    .default('mfcc')
    .describe(
      'front end; mfcc needs no model file, logmel gives the mel bands themselves (learn.method=bootstrap), ' +
        'encoder runs a published checkpoint and onnx one that was exported (docs/encoders.md), precomputed ' +
        'reads frames that another program made, supervised-stand-in frames that were made from labels (asr ' +
        'probe --supervised-stand-in), for benchmarks alone: the run is not label-free then; or the name of ' +
        'an extractor that a module of `use` registers',
    ),
  plugin: pluginSetting,
  model: z
    .string()
    .default('')
    .describe(
      'encoder: folder of a checkpoint (config.json, preprocessor_config.json, model.safetensors ' +
        'or pytorch_model.bin), a .pt file of fairseq, or the name (ORG/NAME) of a model that `asr ' +
        'fetch` fetched; onnx: folder with model.onnx, config.json and preprocessor_config.json, ' +
        'or the .onnx file; relative to the data folder',
    ),
  layer: z
    .number()
    .int()
    .min(0)
    .max(1000)
    .nullable()
    .default(null)
    .describe(
      "encoder and onnx: block whose output is taken, counted from 1 (0 = before the first); null = as the model's " +
        'config.json recommends, else five eighths of the way up (15 of 24, 8 of 12), of Whisper the last',
    ),
  layers: z
    .array(z.number().int().min(0).max(1000))
    .max(64)
    .default([])
    .describe('encoder: several blocks instead of one, side by side in each frame, from one pass over the sound'),
  layerWeights: z
    .array(z.number().min(-1e6).max(1e6))
    .max(64)
    .default([])
    .describe('encoder: one number for each of `layers`: frames are their weighted sum, as wide as one block'),
  precision: z
    .enum(precisions)
    .default('stored')
    .describe(
      'encoder: how its weights are kept here and in the bundle; float16 halves the bundle of a float32 checkpoint, ' +
        'sums are float32; int8 keeps matrices in 8 bits and multiplies whole numbers: a quarter of the size, at ' +
        'some cost to the frames (docs/encoders.md)',
    ),
  outputNode: z
    .string()
    .default('')
    .describe('onnx: name of the value to take instead of a block, for files whose names say nothing'),
  normaliseSound: z
    .boolean()
    .nullable()
    .default(null)
    .describe(
      'encoder and onnx: each utterance to mean 0 and variance 1 before the ' +
        'encoder; null = as preprocessor_config.json says',
    ),
  extraction: section({
    memoryMiB: z
      .number()
      .positive()
      .max(2 ** 20)
      .default(1536)
      .describe(
        'MiB that one session may need for the sound it works on, beside the ' +
          'weights; sets how many utterances go together',
      ),
    sessions: z
      .number()
      .int()
      .min(1)
      .max(64)
      .default(1)
      .describe('encoders at work side by side, each with its own weights and its share of the cores'),
    chunkSeconds: z
      .number()
      .positive()
      .max(600)
      .default(26)
      .describe('s; longer utterances are cut into such pieces: attention grows with the square of the length'),
    contextSeconds: z
      .number()
      .nonnegative()
      .max(60)
      .default(2)
      .describe('s heard on both sides of a piece, whose frames are thrown away'),
  }).describe('encoder and onnx: how it is run'),
  folder: z
    .string()
    .default('')
    .describe(
      'precomputed and supervised-stand-in: folder with train.npy and train.lengths, as fairseq leaves it, or one ' +
        '.npy for each utterance; relative to the data folder',
    ),
  grid: section({
    hop: z
      .number()
      .int()
      .positive()
      .max(sampleRate)
      .default(encoderGrid.hop)
      .describe('samples at 16 kHz between frames: 20 ms for wav2vec 2.0 and its relatives'),
    window: z
      .number()
      .int()
      .positive()
      .max(160_000)
      .default(encoderGrid.window)
      .describe('samples that a frame is made of'),
  }).describe('precomputed: where frames lie in the sound'),
  windowSeconds: z
    .number()
    .positive()
    .max(1)
    .default(0.025)
    .describe('s, length of one frame: two to three pitch periods'),
  hopSeconds: z
    .number()
    .positive()
    .max(1)
    .default(0.01)
    .describe('s, step between frames: a short phone still gets three'),
  preEmphasis: z
    .number()
    .min(0)
    .max(1)
    .default(0.97)
    .describe('share of the sample before that is taken away: levels the fall of the voice source'),
  lowHz: z.number().nonnegative().max(8000).default(20).describe('Hz, lower edge of the first mel band'),
  highHz: z
    .number()
    .positive()
    .max(8000)
    .default(7600)
    .describe('Hz, upper edge of the last mel band: lossy codecs and resamplers leave little above'),
  melBands: z.number().int().min(2).max(128).default(40).describe('triangular mel bands between lowHz and highHz'),
  coefficients: z
    .number()
    .int()
    .min(1)
    .max(128)
    .default(13)
    .describe('cepstral coefficients kept, c0 included; at most melBands'),
  lifter: z
    .number()
    .nonnegative()
    .max(1000)
    .default(22)
    .describe('cepstral lifter Q, evens out the size of the coefficients; 0 = off'),
  energyFloor: z
    .number()
    .positive()
    .max(1)
    .default(1e-9)
    .describe(
      'least mel energy (full scale = 1), about one 16-bit step squared: keeps ' +
        'digital silence finite and near the noise floor',
    ),
  deltas: z
    .number()
    .int()
    .min(0)
    .max(3)
    .default(2)
    .describe('orders of time derivatives appended: 2 = velocity and acceleration'),
  deltaWindow: z
    .number()
    .int()
    .min(1)
    .max(10)
    .default(2)
    .describe('frames on each side of the regression for a derivative'),
  normalise: z
    .enum(['speaker', 'utterance', 'none'])
    .default('speaker')
    .describe(
      'over what each dimension gets mean 0 and variance 1; speaker takes out voice and ' +
        'microphone, and keeps what differs between utterances',
    ),
  reduction: section({
    components: z
      .number()
      .int()
      .min(0)
      .max(4096)
      .nullable()
      .default(null)
      .describe(
        'principal components kept, the largest first, each of variance 1, so that cuts, HMM and networks see few ' +
          'columns of like size; fitted on training utterances without labels; 0 = the columns as they are; null = ' +
          '64 where an encoder or another program gives more than 64, none for mfcc and logmel',
      ),
    clip: z
      .number()
      .nonnegative()
      .max(1e6)
      .default(5)
      .describe(
        'before the components, each column is centred, scaled by the spread of its middle 90 % and ' +
          'held within so many deviations: some encoders have columns 40 to 60 times as large as the ' +
          'others, or rare values that large; 0 = not held',
      ),
    fitFrames: z
      .number()
      .int()
      .positive()
      .max(1e8)
      .default(usualFitRows)
      .describe(
        'fitted on about so many frames, of random training utterances where there are more (5.6 hours of 20 ms ' +
          'frames): the time does not grow with a large corpus',
      ),
  }).describe('fewer columns of like size, for every kind of frames'),
  storage: z
    .enum(['float32', 'float16'])
    .default('float32')
    .describe('number type on disk; float16 halves the space at three digits'),
});
/** Components that stand for wide frames where nothing is set. */
const usualComponents = 64;

const ownKinds = ['mfcc', 'logmel', 'supervised-stand-in'];

/** Whether frames of a kind are of an encoder, with many columns of no order. */
export const hearsEncoder = (kind: string): boolean => !ownKinds.includes(kind);

/** Principal components to keep of frames of so many columns; 0 = no reduction. */
export function wantedComponents({ kind, reduction }: FeaturesConfig, columns: number): number {
  const { components } = reduction;
  if (components !== null) return Math.min(components, columns);
  return !hearsEncoder(kind) || columns <= usualComponents ? 0 : usualComponents;
}

export type FeaturesConfig = z.infer<typeof featuresConfig>;
