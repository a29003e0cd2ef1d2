// Phones under a phone language model: any phone may follow any other. Silence, where the model has it, stands
// anywhere and is unknown to the language model.
import type { NgramModel } from '../lm/ngram.js';
import { LmStates } from './lm-states.js';
import { noWord, type Network } from './network.js';

/** Ids of the phones in the model, by column; -1 where a column is no phone (silence, blank). */
export const phoneIds = (lm: NgramModel, phones: readonly string[], spoken: (column: number) => boolean): number[] =>
  phones.map((phone, column) => (spoken(column) ? lm.id(phone) : -1));

/**
 * @param spoken columns that are phones. @param silence column, or -1
 * The insertion bonus is added for every phone, in natural logarithms.
 */
export function createPhoneNetwork(
  lm: NgramModel,
  phones: readonly string[],
  spoken: (column: number) => boolean,
  silence: number,
  { lmWeight, insertionBonus }: { readonly lmWeight: number; readonly insertionBonus: number },
): Network {
  const states = new LmStates(lm, phoneIds(lm, phones, spoken), lmWeight);
  const columns = phones.length;
  return {
    startNode: columns,
    startMemory: lm.startState,
    repeats: false,
    arcs(_node, memory, visit, open) {
      const { weights, memories } = states.after(memory);
      for (let i = 0; i < open.count; i++) {
        const column = open.list[i] as number;
        const weight = weights[column] as number;
        if (weight > -Infinity) visit(column, memories[column] as number, column, weight + insertionBonus, noWord);
      }
      if (silence >= 0 && open.has[silence] !== 0) visit(silence, memory, silence, 0, noWord);
    },
    ends: (_node, memory, visit) => {
      visit(states.finish(memory), noWord);
    },
  };
}
