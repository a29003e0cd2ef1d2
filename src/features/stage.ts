// Stage features: utterances in, normalised frames [T, D] out, in shards by utterance id. Pieces of the corpus go
// through the front end side by side; what they give is then normalised, which needs the sums of all of a speaker
// first, and where it is wide reduced to principal components, which needs all of training.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { held } from '../core/disposal.js';
import { AsrError } from '../core/errors.js';
import { readJson } from '../core/jsonl.js';
import { repeatSkipped } from '../core/pieces.js';
import { ShardWriter } from '../core/shard-writer.js';
import { defineStage, type StageIo } from '../core/stage.js';
import { stretchSchema, type Stretch } from '../core/stretches.js';
import { sampleRate } from '../core/time.js';
import { modelPath } from '../hub/index.js';
import { featuresConfig, wantedComponents, type FeaturesConfig } from './config.js';
import { extractRange, openMaker } from './extract.js';
import { featuresInfoSchema, writeFeaturesInfo, type FeaturesInfo } from './folder.js';
import { FrameSums, normaliseInPlace, PooledDeviation } from './normalise.js';
import { rawFolder, rawUtterances, trainingUtterances } from './raw-frames.js';
import {
  createReduction,
  fitReduction,
  readReduction,
  reductionFolder,
  saveReduction,
  type Reduction,
} from './reduction.js';
import { countUtterances, divideForSound } from './utterance-sound.js';

export { featuresInfoSchema, type FeaturesInfo } from './folder.js';

export const featuresStage = defineStage({
  name: 'features',
  version: 2,
  reads: ['audio', 'vad'],
  config: featuresConfig,
  external: ({ kind, model, folder }, data) => {
    const path =
      kind === 'encoder' || kind === 'onnx'
        ? model
        : kind === 'precomputed' || kind === 'supervised-stand-in'
          ? folder
          : '';
    // What is not there is refused by whoever opens it, with the command that gets it.
    if (path === '') return [];
    const found = kind === 'encoder' || kind === 'onnx' ? modelPath(path, data) : resolve(data, path);
    return existsSync(found) ? [found] : [];
  },
  async run(io) {
    if (io.config.kind === 'supervised-stand-in')
      io.log.warn(
        'these features were made from LABELS: what this run gives is a benchmark, not learning without labels',
      );
    const { audio, vad } = io.inputs;
    const stretches = await divideForSound(isBroughtAlong(io.config) ? undefined : audio, vad, await pieceItems(io));
    const folders = await io.pieces(stretches.map(({ name, ...input }) => ({ name, input: input satisfies Stretch })));
    const { dim, hop, window, start, about } =
      folders[0] === undefined ? noShape : await readJson(join(folders[0], shapeFile), shapeSchema);
    const pooled = new PooledDeviation(dim);
    const { normalise } = io.config;
    const speakers = normalise === 'speaker' ? await sumSpeakers(io, folders, dim) : new Map<string, FrameSums>();
    for (const sums of speakers.values()) pooled.addGroup(sums);
    const normalised = normaliser(normalise, dim, speakers);
    const components = wantedComponents(io.config, dim);
    const reduction = components > 0 ? await fitted(io, folders, dim, components, normalised) : undefined;
    const counts = await joinPieces(io, folders, reduction?.components ?? dim, async (data, speaker) => {
      normalised(data, speaker, pooled);
      return reduction ? reduction.apply(data, data.length / dim) : data;
    }).finally(() => reduction?.dispose());
    if (counts.utterances === 0)
      throw new AsrError(
        'input',
        `features: none of ${stretches.at(-1)?.end ?? 0} utterances gave frames`,
        'The reasons are in the warnings above; with 0 utterances, look at the vad stage.',
      );
    const info: FeaturesInfo = {
      kind: io.config.kind,
      dim: reduction?.components ?? dim,
      hop,
      window,
      start,
      sampleRate,
      ...(about ? { about } : {}),
      config: io.config,
      ...(reduction ? { reduction: { columns: dim, share: reduction.share } } : {}),
      // Of the components nothing was taken out.
      ...(normalise === 'none' || reduction ? {} : { deviations: pooled.values() }),
    };
    await writeFeaturesInfo(io.out, info);
    return { ...counts, ...(normalise === 'speaker' ? { speakers: speakers.size } : {}) };
  },
  async piece(io, input) {
    await using maker = held(await openMaker(io));
    // MFCC are cheap to keep whole until they are normalised; an encoder's frames take tens of gigabytes.
    const type = io.config.kind === 'mfcc' ? 'float32' : io.config.storage;
    await extractRange(io, maker, stretchSchema.parse(input), join(io.out, rawFolder), type);
    const { dim, hop, window, start, about } = maker;
    await writeFile(
      join(io.out, shapeFile),
      JSON.stringify({ dim, hop, window, start, about } satisfies z.input<typeof shapeSchema>),
    );
  },
});

type Io = StageIo<FeaturesConfig, 'audio' | 'vad'>;

const isEncoder = ({ kind }: FeaturesConfig): boolean => kind === 'encoder' || kind === 'onnx';

const shapeSchema = featuresInfoSchema
  .pick({ dim: true, hop: true, window: true, start: true })
  .extend({ about: featuresInfoSchema.shape.about.optional() });
const noShape = { dim: 1, hop: 1, window: 1, start: undefined, about: undefined };
/** Utterances in a piece of the work. */
async function pieceItems({ config, inputs, shardItems }: Io): Promise<number> {
  if (isEncoder(config)) return Math.min(shardItems, encoderItems);
  if (!isBroughtAlong(config)) return shardItems;
  // Each piece reads the tables that lie beside frames made elsewhere: few pieces, however long the tables are.
  return Math.max(shardItems, Math.ceil((await countUtterances(inputs.vad)) / precomputedPieces));
}
const precomputedPieces = 16;

/** Frames made elsewhere: no sound is read. */
const isBroughtAlong = ({ kind }: FeaturesConfig): boolean => kind === 'precomputed' || kind === 'supervised-stand-in';

/** Utterances in a piece of an encoder's work: some minutes of computing are what a kill can cost. */
const encoderItems = 100;
/** Beside the frames of a piece. */
const shapeFile = 'shape.json';

/** Normalises frames in place; `pooled` gets what was taken out of an utterance alone. */
type Normalise = (data: Float32Array, speaker: string, pooled?: PooledDeviation) => void;

function normaliser(
  mode: FeaturesConfig['normalise'],
  columns: number,
  speakers: ReadonlyMap<string, FrameSums>,
): Normalise {
  if (mode === 'none') return () => undefined;
  if (mode === 'speaker')
    return (data, speaker) => {
      normaliseInPlace(data, speakers.get(speaker) as FrameSums);
    };
  return (data, _, pooled) => {
    const sums = new FrameSums(columns);
    sums.add(data);
    pooled?.addGroup(sums);
    normaliseInPlace(data, sums);
  };
}

/** The reduction of training utterances, saved beside the frames and read back as a bundle will read it. */
async function fitted(
  io: Io,
  folders: readonly string[],
  columns: number,
  components: number,
  normalise: Normalise,
): Promise<Reduction & { share: number }> {
  const folder = join(io.out, reductionFolder);
  const { clip, fitFrames } = io.config.reduction;
  const training = await trainingUtterances(io.inputs.vad, folders, fitFrames, io.rng.fork('fit'));
  const source = async function* () {
    for await (const { read, speaker } of training()) {
      io.signal?.throwIfAborted();
      const data = await read();
      normalise(data, speaker);
      yield { data, rows: data.length / columns };
    }
  };
  await saveReduction(folder, await fitReduction(source, columns, { components, clip }, io.compute));
  const model = await readReduction(folder);
  io.log.info(
    `${columns} columns of frames became ${model.components} components with ` +
      `${(100 * model.share).toFixed(0)} % of the variance`,
  );
  return { ...createReduction(model, io.compute), share: model.share };
}

/** Sums over all frames of each speaker, in the order of the manifest. */
async function sumSpeakers(io: Io, folders: readonly string[], columns: number): Promise<Map<string, FrameSums>> {
  const speakers = new Map<string, FrameSums>();
  for await (const { read, speaker } of rawUtterances(io.inputs.vad, folders)) {
    const sums = speakers.get(speaker) ?? new FrameSums(columns);
    speakers.set(speaker, sums);
    sums.add(await read());
  }
  return speakers;
}

/** The frames of all pieces into the stage's own folder, each as `finish` leaves it. */
async function joinPieces(
  io: Io,
  folders: readonly string[],
  columns: number,
  finish: (data: Float32Array, speaker: string) => Promise<Float32Array>,
): Promise<{ utterances: number; frames: number }> {
  for (const folder of folders) await repeatSkipped(folder, io.skip);
  await using writer = await ShardWriter.create(join(io.out, 'frames'), { columns, type: io.config.storage });
  let utterances = 0;
  for await (const { id, read, speaker } of rawUtterances(io.inputs.vad, folders)) {
    io.signal?.throwIfAborted();
    await writer.append(id, await finish(await read(), speaker));
    utterances++;
  }
  await writer.close();
  return { utterances, frames: writer.rows };
}
