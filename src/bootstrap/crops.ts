// Labelled utterances in, batches of crops of one length out: utterances are changed anew in every pass, normalised and
// laid on a tape.
import type { Rng } from '../core/rng.js';
import { cutTape, gatherCrops, type Crop, type TapedSpeech } from '../training/crop-tape.js';
import type { LabelledBands } from './augment.js';
import type { Changes } from './change-settings.js';
import { changeAll, type ChangeJob, type Changer } from './changer.js';
import { networkInput, strideOf, type NetworkShape } from './network.js';

/**
 * Labelled speech that is read again in every epoch; `stride` and `input` are those of the network that learns from it.
 */
export interface LabelledSource extends Pick<NetworkShape, 'stride' | 'input'> {
  readonly ids: readonly string[];
  readonly bands: number;
  readonly hopSeconds: number;
  /** Sum over all utterances. */
  readonly rows: number;
  read(id: string): Promise<LabelledBands>;
}

/** How many crops an epoch gives, about: speed changes the length a little. */
export const cropsPerEpoch = (source: LabelledSource, crop: number): number =>
  Math.max(1, Math.floor(source.rows / crop));

/** Utterances changed in one go: more than a batch needs, so that the next are ready when it is over. */
const changedAtOnce = 16;

/** How an endless pass, or one, is made. */
export interface PassOptions {
  /** How speech is changed, if it is. */
  readonly changes?: Changes | undefined;
  /** Changes it beside the training; absent: this thread does. */
  readonly changer?: Changer | undefined;
  readonly endless?: boolean;
}

/**
 * One pass over the source in random order, or passes without end.
 * @param rng names the pass: equal streams give equal crops
 */
export function cropsOf(
  source: LabelledSource,
  crop: number,
  rng: Rng,
  options: PassOptions = {},
): AsyncGenerator<Crop> {
  const { bands } = source;
  return cutTape(changedSpeech(source, rng, options), { crop, bands, stride: strideOf(source), width: 1 });
}

async function* changedSpeech(
  source: LabelledSource,
  rng: Rng,
  { changes, changer, endless = false }: PassOptions,
): AsyncGenerator<TapedSpeech> {
  const groups = groupsOf(source, rng, endless);
  const begin = async (): Promise<readonly TapedSpeech[] | undefined> => {
    const group = (await groups.next()).value as Group | undefined;
    if (!group) return undefined;
    const { utterances, streams } = group;
    if (!changes) return utterances.map((one) => ({ ...one, data: networkInput(one.data, source) }));
    const job = { utterances, streams, changes, form: formOf(source) };
    return changer ? changer.change(job) : changeAll(job);
  };
  for (let next = begin(); ;) {
    const group = await next;
    if (!group) return;
    if (changer) next = begin();
    next.catch(() => undefined); // told when it is waited for, which a training that ends does not
    yield* group;
    if (!changer) next = begin();
  }
}

interface Group {
  readonly utterances: readonly LabelledBands[];
  readonly streams: readonly Rng['state'][];
}

const formOf = ({ bands, input, hopSeconds }: LabelledSource): ChangeJob['form'] => ({
  ...{ bands, hopSeconds },
  ...(input === undefined ? {} : { input }),
});

async function* groupsOf(source: LabelledSource, rng: Rng, endless: boolean): AsyncGenerator<Group> {
  for (let pass = 0; pass === 0 || endless; pass++) {
    const stream = rng.fork(pass);
    const ids = stream.fork('order').shuffleInPlace([...source.ids]);
    for (let at = 0; at < ids.length; at += changedAtOnce) {
      const group = ids.slice(at, at + changedAtOnce);
      const utterances: LabelledBands[] = [];
      for (const id of group) utterances.push(await source.read(id));
      yield { utterances, streams: group.map((id) => stream.fork(id).state) };
    }
  }
}

export interface CropBatch {
  /** [count, crop, bands] */
  readonly x: Float32Array;
  /** [count, crop / stride, classes]: 1 - smoothing on the label, the rest on all alike; zeros without a label. */
  readonly targets: Float32Array;
  /** [count, crop / stride] the labels themselves. */
  readonly labels: Int16Array;
}

export interface CropBatchShape {
  /** Crops. */
  readonly count: number;
  /** Frames of each. */
  readonly crop: number;
  readonly bands: number;
  readonly classes: number;
  /** Probability that a target gives to all classes alike. */
  readonly smoothing: number;
  readonly stride?: 1 | 2;
}

/** @param next gives the crop for each place in the batch; undefined ends the epoch */
export async function nextBatch(
  next: (slot: number) => Promise<Crop | undefined>,
  { count, crop, bands, classes, smoothing, stride = 2 }: CropBatchShape,
): Promise<CropBatch | undefined> {
  const batch = await gatherCrops(next, count, { crop, bands, stride, width: 1 });
  if (!batch) return undefined;
  const { data: x, labels } = batch;
  const targets = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => {
    if (label < 0 || label >= classes) return;
    targets.fill(smoothing / classes, row * classes, (row + 1) * classes);
    targets[row * classes + label]! += 1 - smoothing;
  });
  return { x, targets, labels };
}
