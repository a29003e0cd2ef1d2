// Labelled utterances in, batches of crops of one length out: utterances are changed, normalised and laid end to end,
// and the tape is cut, so that no crop holds padding. One utterance at a time is in memory.
import type { Rng } from '../core/rng.js';
import { augment, mask, type LabelledBands } from './augment.js';
import { normalisedUtterance } from './normalise.js';
import type { BootstrapConfig } from './config.js';

/** Labelled speech that is read again in every epoch. */
export interface LabelledSource {
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
  /** [crop / 2] the label of every second frame; -1 where there is none. */
  readonly labels: Int16Array;
}

/** How many crops an epoch gives, about: speed changes the length a little. */
export const cropsPerEpoch = (source: LabelledSource, crop: number): number =>
  Math.max(1, Math.floor(source.rows / crop));

/** One pass over the source in random order, or passes without end. @param rng names the pass: equal streams give equal crops */
export async function* cropsOf(
  source: LabelledSource,
  crop: number,
  config: BootstrapConfig['augment'],
  rng: Rng,
  endless = false,
): AsyncGenerator<Crop> {
  const { bands } = source;
  let tape = emptyCrop(crop, bands);
  let filled = 0;
  for (let pass = 0; pass === 0 || endless; pass++) {
    const stream = rng.fork(pass);
    for (const id of stream.fork('order').shuffleInPlace([...source.ids])) {
      const own = stream.fork(id);
      const changed = augment(await source.read(id), bands, config, source.hopSeconds, own);
      const data = normalisedUtterance(changed.data, bands);
      mask(data, changed.rows, bands, config.masks, own);
      for (let from = 0; from < changed.rows;) {
        const taken = Math.min(crop - filled, changed.rows - from);
        tape.data.set(data.subarray(from * bands, (from + taken) * bands), filled * bands);
        for (let t = filled + (filled & 1); t < filled + taken; t += 2)
          tape.labels[t >> 1] = changed.labels[from + t - filled]!;
        filled += taken;
        from += taken;
        if (filled < crop) continue;
        yield tape;
        tape = emptyCrop(crop, bands);
        filled = 0;
      }
    }
  }
}

const emptyCrop = (crop: number, bands: number): Crop => ({
  data: new Float32Array(crop * bands),
  labels: new Int16Array(crop >> 1).fill(-1),
});

export interface CropBatch {
  /** [count, crop, bands] */
  readonly x: Float32Array;
  /** [count, crop / 2, classes]: 1 - smoothing on the label, the rest on all alike; zeros without a label. */
  readonly targets: Float32Array;
  /** [count, crop / 2] the labels themselves. */
  readonly labels: Int16Array;
}

/** @param next gives the crop for each place in the batch; undefined ends the epoch */
export async function nextBatch(
  next: (place: number) => Promise<Crop | undefined>,
  count: number,
  crop: number,
  bands: number,
  classes: number,
  smoothing: number,
): Promise<CropBatch | undefined> {
  const x = new Float32Array(count * crop * bands);
  const targets = new Float32Array(count * (crop >> 1) * classes);
  const labels = new Int16Array(count * (crop >> 1));
  for (let place = 0; place < count; place++) {
    const found = await next(place);
    if (!found) return undefined;
    x.set(found.data, place * crop * bands);
    labels.set(found.labels, place * (crop >> 1));
    found.labels.forEach((label, row) => {
      if (label < 0 || label >= classes) return;
      const at = (place * (crop >> 1) + row) * classes;
      targets.fill(smoothing / classes, at, at + classes);
      targets[at + label]! += 1 - smoothing;
    });
  }
  return { x, targets, labels };
}
