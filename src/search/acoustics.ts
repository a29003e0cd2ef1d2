// What a search sees of an utterance, whatever model it comes from: weighted scores of every column at every row.
// A posterior model (table, generator, CTC) has one state a symbol; an HMM has a chain of states for each phone.

export interface Acoustics {
  /** [rows, columns * statesPerPhone] natural logarithms, weighted. */
  readonly scores: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** [rows] first frame after each row. */
  readonly ends: ArrayLike<number>;
  /** States that a symbol passes through, each for a row at least. */
  readonly statesPerPhone: number;
  /** Weights of staying in a state and of leaving it. */
  readonly stay: number;
  readonly leave: number;
  /** Column of silence and of the blank; -1 where there is none. */
  readonly silence: number;
  readonly blank: number;
}
