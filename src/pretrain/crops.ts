// Utterances with targets in, shuffled crops of one length out: each utterance is changed, normalised and laid behind
// the one before, the tape is cut, and crops are drawn from a small pool. One utterance and the pool are in memory.
import type { Rng } from '../core/rng.js';
import { augment, mask } from '../bootstrap/augment.js';
import { cutTape, gatherCrops, type Crop, type CropForm, type TapedSpeech } from '../training/crop-tape.js';
import { readingsOf, type SpeechOf } from './balance.js';
import type { PretrainConfig } from './config.js';
import { normalisedWithPrior, type Level } from './level.js';

/** Untranscribed speech that is read again in every pass. */
export interface UntranscribedSpeech {
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

/** Crops that wait to be drawn from. */
const poolSize = 48;

/** Crops without end; equal streams give equal crops. */
export async function* shuffledCrops(
  source: UntranscribedSpeech,
  crop: number,
  config: PretrainConfig['augment'],
  rng: Rng,
): AsyncGenerator<Crop> {
  const pool: Crop[] = [];
  const draw = rng.fork('pool');
  for await (const next of cutTape(changedSpeech(source, config, rng), formOf(source, crop))) {
    if (pool.length < poolSize) {
      pool.push(next);
      continue;
    }
    const slot = draw.integer(poolSize);
    const drawn = pool[slot] as Crop;
    pool[slot] = next;
    yield drawn;
  }
}

const formOf = ({ bands, codebooks }: Pick<UntranscribedSpeech, 'bands' | 'codebooks'>, crop: number): CropForm => ({
  crop,
  bands,
  stride: 2,
  width: codebooks,
});

async function* changedSpeech(
  source: UntranscribedSpeech,
  config: PretrainConfig['augment'],
  rng: Rng,
): AsyncGenerator<TapedSpeech> {
  const { bands, codebooks } = source;
  for (let pass = 0; ; pass++) {
    const stream = rng.fork(pass);
    for (const { id, again } of readingsOf(source.corpora, source.balance, stream)) {
      const own = stream.fork(again === 0 ? id : `${id} ${again}`);
      const given = await source.read(id);
      // What the changes carry along as a label is the number of the frame, whose targets are looked up afterwards.
      const numbered = { ...given, labels: Int16Array.from({ length: given.rows }, (_, t) => t) };
      const { data: changed, rows, labels: frames } = augment(numbered, bands, config, source.hopSeconds, own);
      const data = normalisedWithPrior(changed, rows, source.level);
      mask(data, rows, bands, config.masks, own);
      const targets = source.targets(id);
      const labels = new Int16Array(rows * codebooks);
      frames.forEach((frame, t) => {
        for (let n = 0; n < codebooks; n++) labels[t * codebooks + n] = targets[(frame >> 1) * codebooks + n]!;
      });
      yield { data, rows, labels };
    }
  }
}

export interface MaskedBatch {
  /** [B, crop, bands] */
  readonly x: Float32Array;
  /** [B, crop / 2, codebooks] */
  readonly targets: Int32Array;
}

export async function nextBatch(
  crops: AsyncGenerator<Crop>,
  count: number,
  crop: number,
  source: Pick<UntranscribedSpeech, 'bands' | 'codebooks'>,
): Promise<MaskedBatch> {
  const next = async (): Promise<Crop> => (await crops.next()).value as Crop;
  const { data, labels } = (await gatherCrops(next, count, formOf(source, crop)))!;
  return { x: data, targets: Int32Array.from(labels) };
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
