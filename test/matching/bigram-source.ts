// Random phone sentences from a known, uneven bigram: text whose statistics identify its phones.
import type { Rng } from '../../src/core/rng.js';

export function bigramSentences(phoneCount: number, sentences: number, length: number, rng: Rng): Int32Array[] {
  // Squared exponentials: a few successors are likely, most are rare, as in languages.
  const source = rng.fork('source');
  const next = Array.from({ length: phoneCount }, () =>
    Array.from({ length: phoneCount }, () => Math.log(1 - source.uniform()) ** 4),
  );
  const first = Array.from({ length: phoneCount }, () => Math.log(1 - source.uniform()) ** 2);
  const draw = (weights: readonly number[], stream: Rng): number => {
    let left = stream.uniform() * weights.reduce((a, b) => a + b, 0);
    const found = weights.findIndex((weight) => (left -= weight) < 0);
    return found < 0 ? weights.length - 1 : found;
  };
  const stream = rng.fork('sentences');
  return Array.from({ length: sentences }, () => {
    const sentence = [draw(first, stream)];
    const wanted = Math.round(length * (0.5 + stream.uniform()));
    while (sentence.length < wanted) {
      const weights = next[sentence.at(-1)!]!.map((weight, v) => (v === sentence.at(-1) ? 0 : weight));
      sentence.push(draw(weights, stream));
    }
    return Int32Array.from(sentence);
  });
}

/** Edits (Levenshtein) of all pairs over the length of the references. */
export function errorRate(references: readonly ArrayLike<number>[], hypotheses: readonly ArrayLike<number>[]): number {
  let edits = 0;
  let total = 0;
  references.forEach((reference, n) => {
    const hypothesis = hypotheses[n]!;
    let row = Array.from({ length: hypothesis.length + 1 }, (_, j) => j);
    for (let i = 0; i < reference.length; i++) {
      const next = [i + 1];
      for (let j = 0; j < hypothesis.length; j++)
        next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (reference[i] === hypothesis[j] ? 0 : 1)));
      row = next;
    }
    edits += row.at(-1)!;
    total += reference.length;
  });
  return edits / total;
}
