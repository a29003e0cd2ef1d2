// How likely words are each other's translation, and what that says of phrases.

/** log P(other | word), by word, then by other. */
export type TranslationTable = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Of what is no translation as far as is known. */
export const leastLog = Math.log(1e-4);

/** log Π over the target's words of the likeliest source word's P. */
export function byWords(source: readonly string[], target: readonly string[], table: TranslationTable): number {
  let sum = 0;
  for (const word of target) {
    let best = leastLog;
    for (const from of source) best = Math.max(best, table.get(from)?.get(word) ?? leastLog);
    sum += best;
  }
  return sum;
}
