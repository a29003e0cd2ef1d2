// Labelled utterances in, batches of crops of one length out: utterances are changed, normalised and laid end to end,
// and the tape is cut, so that no crop holds padding. One utterance at a time is in memory.
import type { Rng } from '../core/rng.js';
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

export interface Crop {
  /** [crop, bands] */
  readonly data: Float32Array;
  /** [crop / stride] the label of every row's frame; -1 where there is none. */
  readonly labels: Int16Array;
}

/** How many crops an epoch gives, about: speed changes the length a little. */
export const cropsPerEpoch = (source: LabelledSource, crop: number): number =>
  Math.max(1, Math.floor(source.rows / crop));

/**
 * One pass over the source in random order, or passes without end.
 * @param config how speech is changed, if it is.
 * @param rng names the pass: equal streams give equal crops
 */
export async function* cropsOf(
  source: LabelledSource,
  crop: number,
  config: Changes | undefined,
  rng: Rng,
  endless = false,
): AsyncGenerator<Crop> {
  const { bands } = source;
  const stride = strideOf(source);
  let tape = emptyCrop(crop, bands, stride);
  let filled = 0;
  for (let pass = 0; pass === 0 || endless; pass++) {
    const stream = rng.fork(pass);
    for (const id of stream.fork('order').shuffleInPlace([...source.ids])) {
      const own = stream.fork(id);
      const given = await source.read(id);
      const changed = config ? augment(given, bands, config, source.hopSeconds, own) : given;
      const data = networkInput(changed.data, source);
      if (config) mask(data, changed.rows, bands, config.masks, own);
      for (let from = 0; from < changed.rows;) {
        const taken = Math.min(crop - filled, changed.rows - from);
        tape.data.set(data.subarray(from * bands, (from + taken) * bands), filled * bands);
        for (let t = filled + (filled % stride); t < filled + taken; t += stride)
          tape.labels[t / stride] = changed.labels[from + t - filled]!;
        filled += taken;
        from += taken;
        if (filled < crop) continue;
        yield tape;
        tape = emptyCrop(crop, bands, stride);
        filled = 0;
      }
    }
  }
}

const emptyCrop = (crop: number, bands: number, stride: number): Crop => ({
  data: new Float32Array(crop * bands),
  labels: new Int16Array(crop / stride).fill(-1),
});

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
  const rows = crop / stride;
  const x = new Float32Array(count * crop * bands);
  const targets = new Float32Array(count * rows * classes);
  const labels = new Int16Array(count * rows);
  for (let slot = 0; slot < count; slot++) {
    const found = await next(slot);
    if (!found) return undefined;
    x.set(found.data, slot * crop * bands);
    labels.set(found.labels, slot * rows);
    found.labels.forEach((label, row) => {
      if (label < 0 || label >= classes) return;
      const at = (slot * rows + row) * classes;
      targets.fill(smoothing / classes, at, at + classes);
      targets[at + label]! += 1 - smoothing;
    });
  }
  return { x, targets, labels };
}
