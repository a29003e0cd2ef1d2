// Questions for decision trees, found in the data: phones are divided in two by their sound, each part again, down to
// single phones, and every part on the way is a question (as Kaldi's cluster-phones does with its tree clustering).
import type { Rng } from '../core/rng.js';
import type { Question } from './context.js';
import { emptyStatistics, logLikelihood, merge, type Statistics } from './statistics.js';

const attempts = 5;
const rounds = 20;

/**
 * @param sounds [phones] statistics of each phone, for instance of its middle state
 * @returns sets over phones and silence [phones + 1], each different from all and from the others' complements
 */
export function phoneQuestions(sounds: readonly Statistics[], varianceFloor: number, rng: Rng): Question[] {
  const phones = sounds.length;
  const questions: Question[] = [];
  const seen = new Set<string>();
  const add = (members: readonly number[]): void => {
    const question = new Uint8Array(phones + 1);
    for (const phone of members) question[phone] = 1;
    const key = question.join('');
    const complement = question.map((bit) => 1 - bit).join('');
    if (seen.has(key) || seen.has(complement)) return;
    seen.add(key);
    questions.push(question);
  };
  const divide = (members: readonly number[], stream: Rng): void => {
    add(members);
    if (members.length < 2) return;
    const [one, other] = inTwo(members, sounds, varianceFloor, stream);
    divide(one, stream.fork('one'));
    divide(other, stream.fork('other'));
  };
  divide(
    Array.from({ length: phones }, (_, v) => v),
    rng,
  );
  add([phones]);
  return questions;
}

/** The best of a few starts of 2-means under the likelihood of one Gaussian a part. */
function inTwo(
  members: readonly number[],
  sounds: readonly Statistics[],
  varianceFloor: number,
  rng: Rng,
): [number[], number[]] {
  const dim = (sounds[0]!.length - 1) / 2;
  const likelihoodOf = (part: readonly number[]): number => {
    const sum = emptyStatistics(dim);
    for (const phone of part) merge(sum, sounds[phone]!);
    return logLikelihood(sum, varianceFloor);
  };
  let best: [number[], number[]] | undefined;
  let most = -Infinity;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const order = rng.fork(attempt).shuffleInPlace([...members]);
    const half = order.length >> 1;
    const parts: [Set<number>, Set<number>] = [new Set(order.slice(0, half)), new Set(order.slice(half))];
    let value = likelihoodOf([...parts[0]]) + likelihoodOf([...parts[1]]);
    for (let round = 0; round < rounds; round++) {
      const before = value;
      for (const phone of members) {
        const [from, to] = parts[0].has(phone) ? parts : [parts[1], parts[0]];
        if (from.size === 1) continue;
        from.delete(phone);
        to.add(phone);
        const moved = likelihoodOf([...parts[0]]) + likelihoodOf([...parts[1]]);
        if (moved > value) value = moved;
        else {
          to.delete(phone);
          from.add(phone);
        }
      }
      if (value === before) break;
    }
    if (value > most) {
      most = value;
      best = [[...parts[0]].sort((a, b) => a - b), [...parts[1]].sort((a, b) => a - b)];
    }
  }
  return best!;
}
