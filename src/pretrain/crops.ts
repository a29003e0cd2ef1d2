// Utterances with targets in, shuffled crops of one length out: each utterance is changed, normalised and laid behind
// the one before, the tape is cut, and crops are drawn from a small pool. One utterance and the pool are in memory.
import type { Rng } from '../core/rng.js';
import { augment, mask } from '../bootstrap/augment.js';
import { readingsOf, type SpeechOf } from './balance.js';
import type { PretrainConfig } from './config.js';
import { normalisedWithPrior, type Level } from './level.js';

/** Untranscribed speech that is read again in every pass. */
export interface SpeechSource {
  readonly corpora: readonly SpeechOf[];
  /** See `repeatsOf`. */
  readonly balance: number;
  readonly bands: number;
  readonly hopSeconds: number;
  readonly level: Level;
  /** [rows, bands] natural log energies. */
  read(id: string): Promise<{ readonly data: Float32Array; readonly rows: number }>;
  /** [rows every 20 ms, codebooks] */
  targets(id: string): Int16Array;
  readonly codebooks: number;
}

export interface MaskedCrop {
  /** [crop, bands] */
  readonly data: Float32Array;
  /** [crop / 2, codebooks] */
  readonly targets: Int16Array;
}

/** Crops that wait to be drawn from. */
const poolSize = 48;

/** Crops without end; equal streams give equal crops. */
export async function* shuffledCrops(
  source: SpeechSource,
  crop: number,
  config: PretrainConfig['augment'],
  rng: Rng,
): AsyncGenerator<MaskedCrop> {
  const pool: MaskedCrop[] = [];
  const draw = rng.fork('pool');
  for await (const next of cropsInOrder(source, crop, config, rng)) {
    if (pool.length < poolSize) {
      pool.push(next);
      continue;
    }
    const slot = draw.integer(poolSize);
    const drawn = pool[slot] as MaskedCrop;
    pool[slot] = next;
    yield drawn;
  }
}

async function* cropsInOrder(
  source: SpeechSource,
  crop: number,
  config: PretrainConfig['augment'],
  rng: Rng,
): AsyncGenerator<MaskedCrop> {
  const { bands, codebooks } = source;
  let tape = emptyCrop(crop, bands, codebooks);
  let filled = 0;
  for (let pass = 0; ; pass++) {
    const stream = rng.fork(pass);
    for (const { id, again } of readingsOf(source.corpora, source.balance, stream)) {
      const own = stream.fork(again === 0 ? id : `${id} ${again}`);
      const { data: given, rows: givenRows } = await source.read(id);
      // What the changes carry along as a label is the number of the frame, whose targets are looked up afterwards.
      const frames = Int16Array.from({ length: givenRows }, (_, t) => t);
      const {
        data: changed,
        rows,
        labels,
      } = augment({ data: given, rows: givenRows, labels: frames }, bands, config, source.hopSeconds, own);
      const data = normalisedWithPrior(changed, rows, source.level);
      mask(data, rows, bands, config.masks, own);
      const targets = source.targets(id);
      for (let from = 0; from < rows;) {
        const taken = Math.min(crop - filled, rows - from);
        tape.data.set(data.subarray(from * bands, (from + taken) * bands), filled * bands);
        for (let t = filled + (filled & 1); t < filled + taken; t += 2) {
          const row = labels[from + t - filled]! >> 1;
          tape.targets.set(targets.subarray(row * codebooks, (row + 1) * codebooks), (t >> 1) * codebooks);
        }
        filled += taken;
        from += taken;
        if (filled < crop) continue;
        yield tape;
        tape = emptyCrop(crop, bands, codebooks);
        filled = 0;
      }
    }
  }
}

const emptyCrop = (crop: number, bands: number, codebooks: number): MaskedCrop => ({
  data: new Float32Array(crop * bands),
  targets: new Int16Array((crop >> 1) * codebooks),
});

export interface MaskedBatch {
  /** [B, crop, bands] */
  readonly x: Float32Array;
  /** [B, crop / 2, codebooks] */
  readonly targets: Int32Array;
}

export async function nextBatch(
  crops: AsyncGenerator<MaskedCrop>,
  count: number,
  crop: number,
  bands: number,
  codebooks: number,
): Promise<MaskedBatch> {
  const rows = crop >> 1;
  const x = new Float32Array(count * crop * bands);
  const targets = new Int32Array(codebooks * count * rows);
  for (let slot = 0; slot < count; slot++) {
    const { data, targets: own } = (await crops.next()).value as MaskedCrop;
    x.set(data, slot * crop * bands);
    targets.set(own, slot * rows * codebooks);
  }
  return { x, targets };
}

/** [rows] 1 where hidden: stretches of `frames` at random places, which may overlap, until `share` of all is hidden. */
export function hiddenRows(
  rows: number,
  { frames, share }: Pick<PretrainConfig['masks'], 'frames' | 'share'>,
  rng: Rng,
): Float32Array {
  const hidden = new Float32Array(rows);
  const wanted = Math.round(share * rows);
  for (let count = 0; count < wanted;) {
    const from = rng.integer(rows + frames - 1) - frames + 1;
    for (let t = Math.max(0, from); t < Math.min(rows, from + frames) && count < wanted; t++) {
      count += 1 - hidden[t]!;
      hidden[t] = 1;
    }
  }
  return hidden;
}
