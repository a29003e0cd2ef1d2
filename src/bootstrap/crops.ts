// Labelled utterances in, batches of crops of one length out: utterances are changed anew in every pass, normalised and
// laid on a tape.
import type { Rng } from '../core/rng.js';
import { cutTape, gatherCrops, type Crop, type TapedSpeech } from '../training/crop-tape.js';
import { augment, mask, type LabelledBands } from './augment.js';
import type { Changes } from './change-settings.js';
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

/**
 * One pass over the source in random order, or passes without end.
 * @param config how speech is changed, if it is.
 * @param rng names the pass: equal streams give equal crops
 */
export function cropsOf(
  source: LabelledSource,
  crop: number,
  config: Changes | undefined,
  rng: Rng,
  endless = false,
): AsyncGenerator<Crop> {
  const { bands } = source;
  return cutTape(changedSpeech(source, config, rng, endless), { crop, bands, stride: strideOf(source), width: 1 });
}

async function* changedSpeech(
  source: LabelledSource,
  config: Changes | undefined,
  rng: Rng,
  endless: boolean,
): AsyncGenerator<TapedSpeech> {
  const { bands } = source;
  for (let pass = 0; pass === 0 || endless; pass++) {
    const stream = rng.fork(pass);
    for (const id of stream.fork('order').shuffleInPlace([...source.ids])) {
      const own = stream.fork(id);
      const given = await source.read(id);
      const { rows, labels, data: changed } = config ? augment(given, bands, config, source.hopSeconds, own) : given;
      const data = networkInput(changed, source);
      if (config) mask(data, rows, bands, config.masks, own);
      yield { data, rows, labels };
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
