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

export interface Network {
  /** Emits nothing; where every utterance starts. */
  readonly startNode: number;
  readonly startMemory: number;
  /** Whether a state may follow another with the same column although nothing stands between them. */
  readonly repeats: boolean;
  /** All states that may follow. @param open by column: 0 where a state is not asked for */
  arcs(node: number, memory: number, visit: ArcVisitor, open: Uint8Array): void;
  /** Ways to end here; none where an utterance cannot. */
  ends(node: number, memory: number, visit: (weight: number, word: number) => void): void;
}
