// What a search walks through: states that emit a column, arcs with language model scores, and words on the arcs.
// One search serves phones under a phone LM and words under a word LM; they differ in the network alone.

/** On arcs and in transcripts: nothing was finished here. */
export const noWord = -1;

/**
 * A state is a pair of integers: `node`, which fixes the column, and `memory`, the language model's state.
 * @param column emitted by the state that is entered
 * @param weight natural logarithm
 * @param word finished on the way, or noWord
 */
export type ArcVisitor = (node: number, memory: number, column: number, weight: number, word: number) => void;

/** Columns that a phone of this row may begin with: the others are not asked for. */
export class OpenColumns {
  /** Their numbers, the first `count` of them. */
  readonly list: Int32Array;
  /** By column: 1 where it is open. */
  readonly has: Uint8Array;
  count = 0;

  /** All are. */
  constructor(columns: number) {
    this.list = new Int32Array(columns);
    this.has = new Uint8Array(columns);
    this.choose(() => true);
  }

  choose(isOpen: (column: number) => boolean): void {
    this.count = 0;
    for (let column = 0; column < this.has.length; column++) {
      const open = isOpen(column);
      this.has[column] = open ? 1 : 0;
      if (open) this.list[this.count++] = column;
    }
  }
}

export interface Network {
  /** Emits nothing; where every utterance starts. */
  readonly startNode: number;
  readonly startMemory: number;
  /** Whether a state may follow another with the same column although nothing stands between them. */
  readonly repeats: boolean;
  /**
   * All states that may follow and whose columns are open.
   * @param least arcs of a smaller weight cannot matter, and may be left out
   */
  arcs(node: number, memory: number, visit: ArcVisitor, open: OpenColumns, least: number): void;
  /** Ways to end here; none where an utterance cannot. */
  ends(node: number, memory: number, visit: (weight: number, word: number) => void): void;
}
