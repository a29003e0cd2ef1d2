// How long words outside the lexicon are: a model of their phones, which would let them grow without end, in; the same
// model out, with every word's probability moved so that lengths come as often as among the words that are known.
import { endId, type NgramModel } from '../lm/ngram.js';
import type { StateModel } from '../search/lm-states.js';

/** Phones of the longest word whose length is looked at; longer ones count as that long. */
const mostPhones = 24;
/** How many scores there are: of no phone, which no word has, to the most. */
export const lengthClasses = mostPhones + 1;

/**
 * How much oftener a length comes among words than the model makes it.
 * @param of phones of each word
 * @returns [25] log10 by length; the last is for that many phones and more
 */
export function lengthScores(lm: NgramModel, of: readonly number[]): Float64Array {
  const counts = new Float64Array(lengthClasses);
  for (const length of of) {
    const counted = Math.min(Math.max(length, 1), mostPhones);
    counts[counted] = (counts[counted] as number) + 1;
  }
  const made = lengthsOf(lm);
  // Half a word of each length, so that none is impossible.
  return counts.map((count, length) =>
    length === 0 ? 0 : Math.log10((count + 0.5) / (of.length + 0.5 * mostPhones)) - Math.log10(made[length] as number),
  );
}

/** Beginnings of words that are less likely than this are not followed: a large list has too many. */
const leastLikely = 1e-7;

/** [25] probability of each length under the model; the last is that of all longer words. */
function lengthsOf(lm: NgramModel): Float64Array {
  const phones = lm.symbols.map((_, id) => id).filter((id) => id > endId);
  const made = new Float64Array(lengthClasses).fill(1e-12);
  let states = new Map([[lm.startState, 1]]);
  let left = 1;
  for (let length = 1; length <= mostPhones && left > leastLikely; length++) {
    const next = new Map<number, number>();
    for (const [state, probability] of states) {
      if (probability < leastLikely * left) continue;
      for (const id of phones) {
        const then = lm.advance(state, id);
        next.set(then, (next.get(then) ?? 0) + probability * 10 ** lm.score(state, id));
      }
    }
    let ended = 0;
    left = 0;
    for (const [state, probability] of next) {
      ended += probability * 10 ** lm.finish(state);
      left += probability;
    }
    made[length] = (made[length] as number) + (length === mostPhones ? left : ended);
    states = next;
  }
  return made;
}

/** A model of the phones of words whose states know how many phones there are so far. */
export class LengthMatched implements StateModel {
  readonly startState: number;

  /** @param scores as `lengthScores` gives them */
  constructor(
    private readonly lm: StateModel,
    private readonly scores: Float64Array,
  ) {
    this.startState = lm.startState * lengthClasses;
  }

  score(state: number, id: number): number {
    return this.lm.score(Math.floor(state / lengthClasses), id);
  }

  advance(state: number, id: number): number {
    const then = this.lm.advance(Math.floor(state / lengthClasses), id);
    return then * lengthClasses + Math.min((state % lengthClasses) + 1, mostPhones);
  }

  finish(state: number): number {
    return this.lm.finish(Math.floor(state / lengthClasses)) + (this.scores[state % lengthClasses] as number);
  }
}
