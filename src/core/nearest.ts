// A name that nobody knows in, the known one that was probably meant out: for messages about slips of the pen.
import { closest, distance } from 'fastest-levenshtein';

/** The known name with the fewest edits, unless it would be a wild guess. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const nearest = closest(name, known);
  return distance(name, nearest) <= Math.ceil(name.length / 2) ? nearest : undefined;
}

/** A hint: the near name as a question, where there is one, and what holds anyway. */
export function didYouMean(name: string, known: readonly string[], rest: string): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? rest : `Did you mean "${nearest}"? ${rest}`;
}
