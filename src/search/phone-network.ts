// Phones under a phone language model: any phone may follow any other. Silence, where the model has it, stands
// anywhere and is unknown to the language model.
import type { NgramModel } from '../lm/ngram.js';
import type { SearchConfig } from './config.js';
import { noWord, type Network } from './network.js';

/** Next phones after one state of the language model. */
export interface NextPhones {
  /** [columns] natural log-probabilities, weighted. */
  readonly weights: Float64Array;
  readonly memories: Int32Array;
}

/** Scores of all phones after a state of the phone LM, kept for the states that come up again. */
export class PhoneScores {
  readonly #known = new Map<number, NextPhones>();
  readonly #ids: readonly number[];

  /** @param phones symbols by column; a column that is no phone (silence, blank) is left at -Infinity */
  constructor(
    readonly lm: NgramModel,
    phones: readonly string[],
    spoken: (column: number) => boolean,
    private readonly weight: number,
  ) {
    this.#ids = phones.map((phone, column) => (spoken(column) ? lm.id(phone) : -1));
  }

  after(memory: number): NextPhones {
    const known = this.#known.get(memory);
    if (known) return known;
    // An LM of phones has some ten thousand states; the limit is for those that have more.
    if (this.#known.size > 100_000) this.#known.clear();
    const next: NextPhones = {
      weights: new Float64Array(this.#ids.length).fill(-Infinity),
      memories: new Int32Array(this.#ids.length),
    };
    this.#ids.forEach((id, column) => {
      if (id < 0) return;
      next.weights[column] = this.weight * this.lm.score(memory, id);
      next.memories[column] = this.lm.advance(memory, id);
    });
    this.#known.set(memory, next);
    return next;
  }
}

/** @param spoken columns that are phones; @param silence column, or -1 */
export function createPhoneNetwork(
  lm: NgramModel,
  phones: readonly string[],
  spoken: (column: number) => boolean,
  silence: number,
  config: Pick<SearchConfig, 'lmWeight' | 'wordScore'>,
): Network {
  const perLog10 = config.lmWeight * Math.LN10;
  const scores = new PhoneScores(lm, phones, spoken, perLog10);
  const columns = phones.length;
  return {
    startNode: columns,
    startMemory: lm.startState,
    repeats: false,
    arcs(_node, memory, visit) {
      const { weights, memories } = scores.after(memory);
      for (let column = 0; column < columns; column++) {
        const weight = weights[column] as number;
        if (weight > -Infinity) visit(column, memories[column] as number, column, weight + config.wordScore, noWord);
      }
      if (silence >= 0) visit(silence, memory, silence, 0, noWord);
    },
    ends: (_node, memory, visit) => {
      visit(perLog10 * lm.finish(memory), noWord);
    },
  };
}
