// The phone error rate that labels could buy on the same features: the linear probe's posteriors and the bigram of the
// training utterances' own phones, decoded by Viterbi. What learning without labels is compared with; never part of it.
import { Turns } from '../core/event-loop.js';
import { held } from '../core/disposal.js';
import { compare, addErrors, errorRate, noErrors } from '../score/score.js';
import type { ProbedCorpus, ProbedUtterance } from './labelled.js';
import { fitLinear, type LinearOptions } from './linear.js';

/** Exponents of the posteriors that are tried on training utterances. */
const scales = [0.3, 0.5, 0.8, 1.2];
const triedUtterances = 40;

/** On the test utterances, silence left out; NaN where there is too little speech. */
export async function supervisedPer(
  { utterances, phones, silence }: ProbedCorpus,
  options: LinearOptions,
): Promise<number> {
  const fitted = await fitLinear(utterances, () => true, options);
  if (!fitted) return NaN;
  await using probe = held(fitted);
  const training = utterances.filter(({ test }) => !test);
  const model = phoneModel(training, phones.length);
  const rate = async (some: readonly ProbedUtterance[], scale: number): Promise<number> => {
    let errors = noErrors;
    const turns = new Turns();
    for (const one of some) {
      if (turns.due) await turns.give();
      const found = bestPhones(await probe.scores(one), one.rows, model, scale);
      const spoken = (list: readonly number[]): string[] =>
        list.filter((phone) => phone !== silence).map((phone) => phones[phone] as string);
      errors = addErrors(errors, compare(spoken(one.tokens.map(({ phone }) => phone)), spoken(found)));
    }
    return errorRate(errors);
  };
  let best = { scale: 1, per: Infinity };
  for (const scale of scales) {
    const per = await rate(training.slice(0, triedUtterances), scale);
    if (per < best.per) best = { scale, per };
  }
  return await rate(
    utterances.filter(({ test }) => test),
    best.scale,
  );
}

/** Natural logarithms. */
export interface PhoneModel {
  readonly phones: number;
  /** [phones] share of frames. */
  readonly prior: Float64Array;
  /** [phones, phones] the next phone, with the chance that one ends at all. */
  readonly next: Float64Array;
  /** [phones] one more frame of the same. */
  readonly stay: Float64Array;
}

export function phoneModel(utterances: readonly Pick<ProbedUtterance, 'tokens'>[], phones: number): PhoneModel {
  const frames = new Float64Array(phones).fill(1);
  const tokens = new Float64Array(phones).fill(1);
  const pairs = new Float64Array(phones * phones).fill(0.1);
  for (const { tokens: list } of utterances) {
    list.forEach(({ phone, first, end }, i) => {
      frames[phone]! += end - first;
      tokens[phone]! += 1;
      const after = list[i + 1];
      if (after) pairs[phone * phones + after.phone]! += 1;
    });
  }
  const total = frames.reduce((a, b) => a + b, 0);
  const ends = tokens.map((count, p) => Math.min(0.9, count / frames[p]!));
  const next = pairs.map((count, i) => {
    const p = Math.floor(i / phones);
    const row = pairs.subarray(p * phones, (p + 1) * phones).reduce((a, b) => a + b, 0);
    return Math.log((ends[p]! * count) / row);
  });
  return {
    phones,
    prior: frames.map((count) => Math.log(count / total)),
    next,
    stay: ends.map((end) => Math.log(1 - end)),
  };
}

/** @param scores [rows, phones] log-posteriors, up to a constant in each row. @returns the phones of the best path */
export function bestPhones(
  scores: Float64Array,
  rows: number,
  { phones, prior, next, stay }: PhoneModel,
  scale: number,
): number[] {
  const back = new Int16Array(rows * phones).fill(-1);
  const local = (t: number, p: number): number => scale * (scores[t * phones + p]! - prior[p]!);
  let best = Float64Array.from({ length: phones }, (_, p) => local(0, p));
  for (let t = 1; t < rows; t++) {
    const now = new Float64Array(phones);
    for (let p = 0; p < phones; p++) {
      let value = best[p]! + stay[p]!;
      let from = p;
      for (let q = 0; q < phones; q++)
        if (q !== p && best[q]! + next[q * phones + p]! > value) {
          value = best[q]! + next[q * phones + p]!;
          from = q;
        }
      now[p] = value + local(t, p);
      back[t * phones + p] = from;
    }
    best = now;
  }
  let at = best.indexOf(best.reduce((a, b) => Math.max(a, b), -Infinity));
  const path = rows === 0 ? [] : [at];
  for (let t = rows - 1; t > 0; t--) {
    const from = back[t * phones + at]!;
    if (from !== at) path.push(from);
    at = from;
  }
  return path.reverse();
}
