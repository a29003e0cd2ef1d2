// What is left of a search: at every row the states that survived, joined by arcs. Transcripts, their n best and
// posterior probabilities are read from it without searching again.

import { floats, integers } from '../core/number-list.js';

/** `column` of a state that emits nothing: the start, and the blank between phones. */
export const noColumn = -1;

/** An ending of the utterance after its last row. */
export interface TrellisEnd {
  readonly state: number;
  readonly weight: number;
  readonly word: number;
}

export class Trellis {
  /**
   * Per state: column it emits, whether it is a phone's beginning, and the weight of the
   * best way here. State 0 is the start.
   */
  readonly column = integers();
  readonly score = floats();
  /** First state of each row; row 0 is the start alone, row t + 1 belongs to row t of the acoustics. */
  readonly rowStart = integers();
  /** First arc into each state; arcs of a state lie together, the best one first. */
  readonly arcStart = integers();
  /**
   * Per arc: where it comes from, its weight with the acoustics, the word it finishes,
   * and whether a phone begins with it.
   */
  readonly from = integers();
  readonly weight = floats();
  readonly word = integers();
  readonly enters = integers();
  /** Best first. Empty when nothing was searched. */
  ends: TrellisEnd[] = [];
  /** True when no hypothesis could end properly, so that the best unfinished one stands for all. */
  unfinished = false;

  /** Rows with the start's. */
  get rows(): number {
    return this.rowStart.length;
  }

  /** One past the last state of a row. */
  rowEnd(row: number): number {
    return row + 1 < this.rowStart.length ? this.rowStart.at(row + 1) : this.column.length;
  }

  /** One past the last arc into a state. */
  arcEnd(state: number): number {
    return state + 1 < this.arcStart.length ? this.arcStart.at(state + 1) : this.from.length;
  }

  /** Row of a state, by bisection. */
  rowOf(state: number): number {
    let low = 0;
    let high = this.rows - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.rowStart.at(middle) <= state) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
