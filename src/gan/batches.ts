// Batches: which utterances and lines of text an update sees, with dropout applied. Every draw comes from a
// stream named after the update, so the position of all streams is the number of the update.
import type { Rng } from '../core/rng.js';
import { bucketLength } from '../engine/index.js';
import { inUse } from './course.js';
import { Lines, type LineConfig } from './lines.js';
import type { CachedSegments } from './segment-source.js';

export interface Batch {
  /**
   * Segment vectors after dropout, `pad` zero rows before and after each utterance: [rows, columns], flat; has room for
   * bucketRows(rows), beyond `rows` it means nothing.
   */
  readonly x: Float32Array;
  readonly rows: number;
  /** First row of each utterance (a zero row when pad > 0). */
  readonly firsts: readonly number[];
  /** Segments of each utterance. */
  readonly segments: readonly number[];
  /** A line of text for each utterance. */
  readonly lines: readonly Int32Array[];
  /**
   * Where layers come before the convolution, dropout is left to the graph: factors of
   * the size of x, 0 or 1 / share kept.
   */
  readonly masks?: { readonly inner: Float32Array; readonly outer: Float32Array };
  /** Auxiliary labels of rows, -1 on padding; bucketRows(rows) long. */
  readonly labels?: Int32Array;
  /** The longest utterance's labels, those beyond its segments included; where there are labels. */
  readonly longestLabels?: number;
  /** Labels of each utterance's segments for the anchor. */
  readonly anchors?: readonly Int32Array[];
}

/** Rows that a step is compiled for: a few sizes serve all batches. */
export const bucketRows = (rows: number): number => bucketLength(rows, { first: 64, ratio: 1.2, multiple: 32 });

export interface BatchOptions {
  readonly ids: readonly string[];
  readonly columns: number;
  readonly sentences: readonly Int32Array[];
  /** What of the configuration decides who is drawn, and what becomes of a line. */
  readonly drawing: LineConfig;
  readonly batch: number;
  readonly pad: number;
  readonly dropout: number;
  /** Hand out dropout as masks instead of applying it. */
  readonly masked?: boolean;
  /** Auxiliary labels of an utterance's segments. */
  readonly labelsOf?: (id: string) => Promise<Int32Array>;
  readonly anchorOf?: (id: string) => Int32Array;
}

/**
 * Sets a share of the values to zero and scales the others by 1 / (1 - share). Gaps between zeros are drawn
 * (geometric distribution), a tenth of the draws that one per value would take.
 */
export function dropoutInPlace(x: Float32Array, share: number, rng: Rng): void {
  if (share === 0) return;
  const scale = 1 / (1 - share);
  const logKeep = Math.log(1 - share);
  let at = 0;
  while (at < x.length) {
    const gap = Math.floor(Math.log(1 - rng.uniform()) / logKeep);
    const end = Math.min(x.length, at + gap);
    for (; at < end; at++) x[at]! *= scale;
    if (at < x.length) x[at++] = 0;
  }
}

export class Batches {
  readonly #options: BatchOptions;
  readonly #segments: CachedSegments;
  readonly #rng: Rng;
  readonly #lines: Lines;
  readonly #byLength: readonly string[];
  /** Of each utterance among all by length, in [0, 1]. */
  readonly #places: ReadonlyMap<string, number>;
  #epoch = -1;
  #order: string[] = [];
  #x = new Float32Array(0);
  readonly #masks = { inner: new Float32Array(0), outer: new Float32Array(0) };

  constructor(segments: CachedSegments, options: BatchOptions, rng: Rng) {
    this.#segments = segments;
    this.#options = options;
    this.#rng = rng;
    const { ids, sentences, drawing } = options;
    this.#lines = new Lines(sentences, drawing);
    this.#byLength = ids.toSorted((a, b) => segments.rowsOf(a) - segments.rowsOf(b));
    this.#places = new Map(this.#byLength.map((id, i) => [id, i / Math.max(1, ids.length - 1)]));
  }

  /** The place-th utterance of an endless sequence of shuffled passes over the corpus. */
  #idAt(draw: number): string {
    const { ids } = this.#options;
    const epoch = Math.floor(draw / ids.length);
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#order = this.#rng
        .fork('order')
        .fork(epoch)
        .shuffleInPlace([...ids]);
    }
    return this.#order[draw % ids.length]!;
  }

  /** Who is in the batch: the corpus in shuffled passes, or any of the shorter ones where those come first. */
  #idsOf(update: number): string[] {
    const { batch, drawing } = this.#options;
    const share = drawing.curriculum.by === 'length' ? inUse(update, drawing) : 1;
    if (share === 1) return Array.from({ length: batch }, (_, b) => this.#idAt(update * batch + b));
    const short = this.#byLength.slice(0, Math.ceil(share * this.#byLength.length));
    const draw = this.#rng.fork('short').fork(update);
    return Array.from({ length: batch }, () => draw.choice(short));
  }

  /**
   * The batch of one update; its arrays are reused by the next call.
   * @param view 1 = the same utterances and lines by other dropout masks
   */
  async at(update: number, view: 0 | 1 = 0): Promise<Batch> {
    const { columns, pad, dropout, masked = false, labelsOf, anchorOf } = this.#options;
    const ids = this.#idsOf(update);
    const data: Float32Array[] = [];
    for (const id of ids) data.push(await this.#segments.read(id));
    const segments = data.map((values) => values.length / columns);
    const rows = segments.reduce((sum, n) => sum + n + 2 * pad, 0);
    const room = bucketRows(rows) * columns;
    if (this.#x.length < room) this.#x = new Float32Array(room);
    const firsts: number[] = [];
    const mask = this.#rng.fork(view === 0 ? 'dropout' : 'other dropout').fork(update);
    let row = 0;
    for (const values of data) {
      firsts.push(row);
      const start = (row + pad) * columns;
      this.#x.fill(0, row * columns, start);
      this.#x.set(values, start);
      // The reference drops after padding; zeros stay zeros, so masking the segments alone is the same.
      if (!masked) dropoutInPlace(this.#x.subarray(start, start + values.length), dropout, mask);
      row += values.length / columns + 2 * pad;
      this.#x.fill(0, start + values.length, row * columns);
    }
    const text = this.#rng.fork('text').fork(update);
    const masks = masked ? { masks: { inner: this.#mask('inner', mask), outer: this.#mask('outer', mask) } } : {};
    const labels = labelsOf ? await this.#labels(ids, firsts, segments, labelsOf, bucketRows(rows)) : {};
    const anchors = anchorOf ? { anchors: ids.map(anchorOf) } : {};
    const lines = ids.map((id) => this.#lines.draw(update, this.#places.get(id)!, text));
    return { x: this.#x, rows, firsts, segments, lines, ...masks, ...labels, ...anchors };
  }

  /** Ones after dropout, for every value of x. */
  #mask(name: 'inner' | 'outer', rng: Rng): Float32Array {
    if (this.#masks[name].length !== this.#x.length) this.#masks[name] = new Float32Array(this.#x.length);
    dropoutInPlace(this.#masks[name].fill(1), this.#options.dropout, rng.fork(name));
    return this.#masks[name];
  }

  async #labels(
    ids: readonly string[],
    firsts: readonly number[],
    segments: readonly number[],
    labelsOf: (id: string) => Promise<Int32Array>,
    room: number,
  ): Promise<{ labels: Int32Array; longestLabels: number }> {
    const labels = new Int32Array(room).fill(-1);
    let longestLabels = 0;
    for (const [b, id] of ids.entries()) {
      const own = await labelsOf(id);
      // Features and labels of another front end may differ by a frame or two at the end.
      labels.set(own.subarray(0, segments[b]), firsts[b]! + this.#options.pad);
      longestLabels = Math.max(longestLabels, own.length);
    }
    return { labels, longestLabels };
  }
}
