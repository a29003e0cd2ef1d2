// Sentences of an invented language whose phones follow each other unevenly: a language that a small network learns
// in seconds, where benchmarks train many times.
import { Rng } from '../src/core/rng.js';

/**
 * 8 to 19 phones each, drawn from one bigram that is the same in every call; no phone follows itself.
 * @param phones of the language, which are 0 to phones - 1
 */
export function inventedSentences(phones: number, count: number, rng: Rng): Int32Array[] {
  const source = Rng.fromSeed('language');
  const moves = Array.from({ length: phones + 1 }, (_, from) =>
    Array.from({ length: phones }, (_, to) => (to === from ? 0 : Math.log(1 - source.uniform()) ** 4)),
  );
  const draw = (weights: readonly number[]): number => {
    let left = rng.uniform() * weights.reduce((a, b) => a + b, 0);
    return Math.max(
      0,
      weights.findIndex((weight) => (left -= weight) < 0),
    );
  };
  return Array.from({ length: count }, () => {
    const line = [draw(moves[phones]!)];
    const length = 8 + rng.integer(12);
    while (line.length < length) line.push(draw(moves[line.at(-1)!]!));
    return Int32Array.from(line);
  });
}
