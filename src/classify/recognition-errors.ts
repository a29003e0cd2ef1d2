// What a recogniser would do to a text, simulated: each phone or letter is replaced, left out, or followed by another
// that was not said. Harder in one way than real errors, which are nearest neighbours, and milder in another: real ones
// come in heaps and hit rare words.
import type { Rng } from '../core/rng.js';

/** `letter`: characters of words; `token`: what stands between spaces, such as phones. */
export type ErrorUnit = 'letter' | 'token';

/** Shares of the kinds among errors. */
const replaced = 0.6;
const leftOut = 0.2;

const partsOf = (text: string, unit: ErrorUnit): string[] =>
  unit === 'letter' ? [...text] : text.split(/\s+/u).filter((token) => token !== '');

/** Units of all texts, as often as they occur, for errors to be drawn from. */
export function unitsOf(texts: readonly string[], unit: ErrorUnit): string[] {
  const most = 100_000;
  const all: string[] = [];
  for (const text of texts) {
    for (const part of partsOf(text, unit)) if (part.trim() !== '') all.push(part);
    if (all.length > most) break;
  }
  return all;
}

/** @param rate expected errors per unit, 0 to 1 */
export function misheard(text: string, rate: number, unit: ErrorUnit, units: readonly string[], rng: Rng): string {
  const out: string[] = [];
  for (const part of partsOf(text, unit)) {
    if (part.trim() === '' || rng.uniform() >= rate || units.length === 0) {
      out.push(part);
      continue;
    }
    const kind = rng.uniform();
    if (kind < replaced) out.push(otherThan(part, units, rng));
    else if (kind >= replaced + leftOut) out.push(part, rng.choice(units));
  }
  return out.join(unit === 'letter' ? '' : ' ');
}

function otherThan(part: string, units: readonly string[], rng: Rng): string {
  for (let tries = 0; tries < 20; tries++) {
    const other = rng.choice(units);
    if (other !== part) return other;
  }
  return part;
}
