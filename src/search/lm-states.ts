// Which phone follows which in a language model, one state at a time: scores of all phones after a state and the states
// that they lead to, kept for the states that come up again. Every graph of phones is made of it.

/** What a graph wants of a language model; log10 probabilities, as NgramModel gives them. */
export interface StateModel {
  readonly startState: number;
  score(state: number, id: number): number;
  advance(state: number, id: number): number;
  finish(state: number): number;
}

/** Next phones after one state of the language model. */
export interface NextPhones {
  /** [phones] natural log-probabilities, weighted; -Infinity where the model is not asked. */
  readonly weights: Float64Array;
  /** [phones] states of the language model after each. */
  readonly memories: Int32Array;
}

const mostKept = 100_000;

export class LmStates<M extends StateModel = StateModel> {
  readonly #known = new Map<number, NextPhones>();
  readonly #perLog10: number;

  /**
   * @param ids of the phones in the model, by number; below 0 where a number is no phone (silence, blank)
   * @param weight factor on natural-log probabilities
   */
  constructor(
    readonly lm: M,
    private readonly ids: readonly number[],
    weight = 1,
  ) {
    this.#perLog10 = weight * Math.LN10;
  }

  after(memory: number): NextPhones {
    const known = this.#known.get(memory);
    if (known) return known;
    // An LM of phones has some ten thousand states; the limit is for those that have more.
    if (this.#known.size > mostKept) this.#known.clear();
    const next: NextPhones = {
      weights: new Float64Array(this.ids.length).fill(-Infinity),
      memories: new Int32Array(this.ids.length),
    };
    this.ids.forEach((id, phone) => {
      if (id < 0) return;
      next.weights[phone] = this.#perLog10 * this.lm.score(memory, id);
      next.memories[phone] = this.lm.advance(memory, id);
    });
    this.#known.set(memory, next);
    return next;
  }

  /** Natural log-probability, weighted, that nothing follows. */
  finish(memory: number): number {
    return this.#perLog10 * this.lm.finish(memory);
  }
}
