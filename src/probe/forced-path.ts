// The best path of known phones through an utterance: each phone a chain of states, silence where it fits best. Viterbi.

export interface PathOptions {
  /** States of one phone, left to right; state s of phone v is class v * chain + s. Silence is one state, the last class. */
  readonly chain: number;
  readonly classes: number;
  /** Natural log cost of a silence between two phones. */
  readonly silenceCost: number;
}

/**
 * @param scores [rows, classes] log densities
 * @param phones indices, silence not among them
 * @returns [rows] for each frame the class, and which of the phones it belongs to (-1 = silence); undefined where they do not fit
 */
export function forcedPath(
  scores: Float32Array,
  rows: number,
  phones: readonly number[],
  { chain, classes, silenceCost }: PathOptions,
): { classes: Int16Array; places: Int16Array } | undefined {
  const states = statesOf(phones, chain, classes - 1);
  const count = states.classes.length;
  if (rows < phones.length * chain) return undefined;
  const back = new Uint8Array(rows * count); // how many states back the path came from
  let best = new Float64Array(count).fill(-Infinity);
  let next = new Float64Array(count);
  best[0] = scores[states.classes[0]!]!;
  if (count > 1) best[1] = scores[states.classes[1]!]!; // without silence in front
  for (let t = 1; t < rows; t++) {
    next.fill(-Infinity);
    for (let s = 0; s < count; s++) {
      let value = best[s]!;
      let step = 0;
      if (s > 0) {
        const cost = states.silent[s] === 1 ? silenceCost : 0;
        if (best[s - 1]! - cost > value) {
          value = best[s - 1]! - cost;
          step = 1;
        }
        // From the end of a phone to the next one, past the silence between.
        if (s > 1 && states.silent[s - 1] === 1 && best[s - 2]! > value) {
          value = best[s - 2]!;
          step = 2;
        }
      }
      next[s] = value + scores[t * classes + states.classes[s]!]!;
      back[t * count + s] = step;
    }
    [best, next] = [next, best];
  }
  let at = best[count - 1]! > best[count - 2]! ? count - 1 : count - 2;
  if (!Number.isFinite(best[at]!)) return undefined;
  const path = { classes: new Int16Array(rows), places: new Int16Array(rows) };
  for (let t = rows - 1; t >= 0; t--) {
    path.classes[t] = states.classes[at]!;
    path.places[t] = states.places[at]!;
    at -= back[t * count + at]!;
  }
  return path;
}

/** Silence, phone, silence, phone, …, silence. */
function statesOf(
  phones: readonly number[],
  chain: number,
  silence: number,
): { classes: Int16Array; places: Int16Array; silent: Uint8Array } {
  const count = phones.length * (chain + 1) + 1;
  const states = { classes: new Int16Array(count), places: new Int16Array(count), silent: new Uint8Array(count) };
  let at = 0;
  const add = (number: number, place: number): void => {
    states.classes[at] = number;
    states.places[at] = place;
    states.silent[at++] = place < 0 ? 1 : 0;
  };
  phones.forEach((phone, place) => {
    add(silence, -1);
    for (let s = 0; s < chain; s++) add(phone * chain + s, place);
  });
  add(silence, -1);
  return states;
}
