// Which line of text an utterance meets in an update, and what that line looks like: any line or one of like length,
// with phones missing or too many as segments have them, and rare phones left out where a curriculum begins without.
import type { Rng } from '../core/rng.js';
import type { GanConfig } from './config.js';
import { inUse } from './course.js';

export type LineConfig = Pick<GanConfig, 'text' | 'curriculum' | 'updates'>;

/** Share of lines around an utterance's place from which one is drawn. */
const reach = 0.1;

export class Lines {
  readonly #config: LineConfig;
  readonly #sentences: readonly Int32Array[];
  readonly #byLength: readonly Int32Array[];
  /** Every phone of the text, from which insertions are drawn; and phones by how often they occur. */
  readonly #phones: Int32Array;
  readonly #place: ReadonlyMap<number, number>;

  constructor(sentences: readonly Int32Array[], config: LineConfig) {
    this.#config = config;
    this.#sentences = sentences;
    this.#byLength = sentences.toSorted((a, b) => a.length - b.length);
    this.#phones = new Int32Array(sentences.reduce((sum, line) => sum + line.length, 0));
    let end = 0;
    for (const line of sentences) {
      this.#phones.set(line, end);
      end += line.length;
    }
    const counts = new Map<number, number>();
    for (const phone of this.#phones) counts.set(phone, (counts.get(phone) ?? 0) + 1);
    this.#place = new Map([...counts].sort(([, a], [, b]) => b - a).map(([phone], i) => [phone, i]));
  }

  /** @param place of the utterance among all by length, in [0, 1] */
  draw(update: number, place: number, rng: Rng): Int32Array {
    const share = inUse(update, this.#config);
    const line = this.#choose(share, place, rng);
    const kept = this.#config.curriculum.by === 'frequency' ? this.#frequent(line, share) : line;
    return this.#noised(kept, rng);
  }

  #choose(share: number, place: number, rng: Rng): Int32Array {
    const { text, curriculum } = this.#config;
    const last = this.#byLength.length - 1;
    if (text.matched) {
      const at = (place + reach * (rng.uniform() - 0.5)) * last;
      return this.#byLength[Math.round(Math.min(last, Math.max(0, at)))]!;
    }
    if (curriculum.by === 'length' && share < 1) return this.#byLength[rng.integer(Math.ceil(share * (last + 1)))]!;
    return rng.choice(this.#sentences);
  }

  #frequent(line: Int32Array, share: number): Int32Array {
    const most = Math.ceil(share * this.#place.size);
    const kept = line.filter((phone) => this.#place.get(phone)! < most);
    return kept.length > 0 ? joined(kept) : line;
  }

  #noised(line: Int32Array, rng: Rng): Int32Array {
    const { deletion, insertion } = this.#config.text;
    if (deletion === 0 && insertion === 0) return line;
    const heard: number[] = [];
    for (const phone of line) {
      if (rng.uniform() >= deletion) heard.push(phone);
      if (rng.uniform() < insertion) heard.push(this.#phones[rng.integer(this.#phones.length)]!);
    }
    return heard.length > 0 ? joined(heard) : line;
  }
}

/** Equal neighbours as one. */
const joined = (line: ArrayLike<number>): Int32Array =>
  Int32Array.from(line).filter((phone, i) => i === 0 || phone !== line[i - 1]);
