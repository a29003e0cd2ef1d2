// Where segment vectors come from: one utterance at a time, by id. What fits a memory budget is kept, the rest
// is read again when its turn comes, so memory does not grow with the corpus.
import { AsrError } from '../core/errors.js';

/** Segment vectors by utterance; core's ShardReader is one. */
export interface SegmentSource {
  readonly ids: readonly string[];
  /** Values of a segment vector; undefined for an empty source. */
  readonly columns: number | undefined;
  rowsOf(id: string): number;
  /** data: [rows, columns], flat */
  read(id: string): Promise<{ readonly data: Float32Array; readonly rows: number }>;
}

export class CachedSegments {
  readonly #source: SegmentSource;
  readonly #kept = new Map<string, Float32Array>();
  #budget: number;

  /** @param budget bytes of segment vectors to keep in memory */
  constructor(source: SegmentSource, budget: number) {
    this.#source = source;
    this.#budget = budget;
  }

  rowsOf(id: string): number {
    return this.#source.rowsOf(id);
  }

  /**
   * @returns [rows, columns], flat; shared, not to be changed
   * @throws AsrError 'input' naming the utterance when a value is not finite
   */
  async read(id: string): Promise<Float32Array> {
    const kept = this.#kept.get(id);
    if (kept) return kept;
    const { data } = await this.#source.read(id);
    if (!data.every(Number.isFinite)) {
      throw new AsrError(
        'input',
        `utterance "${id}": a segment vector holds a value that is not finite`,
        'Look at the features of this utterance and leave it out, or make the segments again.',
      );
    }
    if (data.byteLength <= this.#budget) {
      this.#budget -= data.byteLength;
      this.#kept.set(id, data);
    }
    return data;
  }
}

/** At most `count` items, spread evenly over the list, in its order. */
export function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]!);
}
