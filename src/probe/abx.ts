// ABX: of three phones in the same surroundings, A and X the same and B another, is X nearer to A? (Schatz et al.,
// 2013.) Distance: mean cosine distance along the cheapest warping path. Across speakers, X is said by another person
// than A and B. Contexts are drawn alike often, so frequent ones do not rule; chance is .5.
import { Turns } from '../core/event-loop.js';
import type { Rng } from '../core/rng.js';
import type { ProbedUtterance } from './labelled.js';

/** One phone that was said. */
export interface PhoneInContext {
  readonly utterance: Pick<ProbedUtterance, 'data'>;
  readonly first: number;
  readonly end: number;
  readonly speaker: string;
}

export interface AbxResult {
  /** Share of triples where X is nearer to B. */
  readonly error: number;
  readonly triples: number;
}

export interface AbxOptions {
  readonly columns: number;
  readonly silence: number;
  readonly across: boolean;
  readonly triples: number;
  readonly rng: Rng;
}

/** @returns undefined when no triple can be made */
export async function abx(
  utterances: readonly ProbedUtterance[],
  { columns, silence, across, triples, rng }: AbxOptions,
): Promise<AbxResult | undefined> {
  const contexts = [...contextsOf(utterances, silence).values()].filter((context) => context.size > 1);
  if (contexts.length === 0) return undefined;
  let errors = 0;
  let made = 0;
  const turns = new Turns();
  const pick = <T>(list: readonly T[]): T | undefined =>
    list.length === 0 ? undefined : list[rng.integer(list.length)];
  for (let attempt = 0; attempt < 20 * triples && made < triples; attempt++) {
    if (turns.due) await turns.give();
    const context = [...(pick(contexts)?.values() ?? [])];
    const [same, other] = [pick(context), pick(context)];
    const a = pick(same ?? []);
    if (!a || !same || !other || same === other) continue;
    const b = pick(other.filter(({ speaker }) => speaker === a.speaker));
    const x = pick(same.filter((one) => one !== a && (one.speaker === a.speaker) !== across));
    if (!b || !x) continue;
    const [near, far] = [warpedDistance(a, x, columns), warpedDistance(b, x, columns)];
    errors += near < far ? 0 : near > far ? 1 : 0.5;
    made++;
  }
  return made === 0 ? undefined : { error: errors / made, triples: made };
}

function contextsOf(
  utterances: readonly ProbedUtterance[],
  silence: number,
): Map<string, Map<number, PhoneInContext[]>> {
  const contexts = new Map<string, Map<number, PhoneInContext[]>>();
  for (const utterance of utterances) {
    const { tokens, speaker } = utterance;
    for (let i = 1; i + 1 < tokens.length; i++) {
      const token = tokens[i] as ProbedUtterance['tokens'][number];
      if (token.phone === silence) continue;
      const key = `${tokens[i - 1]?.phone} ${tokens[i + 1]?.phone}`;
      const context = contexts.get(key) ?? new Map<number, PhoneInContext[]>();
      contexts.set(key, context);
      context.set(token.phone, [
        ...(context.get(token.phone) ?? []),
        { utterance, first: token.first, end: token.end, speaker },
      ]);
    }
  }
  return contexts;
}

/** Mean cosine distance along the warping path whose sum is least. */
export function warpedDistance(a: PhoneInContext, b: PhoneInContext, columns: number): number {
  const [m, n] = [a.end - a.first, b.end - b.first];
  const sums = new Float64Array((m + 1) * (n + 1)).fill(Infinity);
  const steps = new Float64Array((m + 1) * (n + 1));
  sums[0] = 0;
  for (let i = 1; i <= m; i++) {
    for (let j = 1; j <= n; j++) {
      const at = i * (n + 1) + j;
      const before = [at - n - 2, at - n - 1, at - 1].reduce((best, k) =>
        (sums[k] as number) < (sums[best] as number) ? k : best,
      );
      sums[at] =
        (sums[before] as number) +
        cosineDistance(
          a.utterance.data,
          (a.first + i - 1) * columns,
          b.utterance.data,
          (b.first + j - 1) * columns,
          columns,
        );
      steps[at] = (steps[before] as number) + 1;
    }
  }
  return (sums.at(-1) as number) / (steps.at(-1) as number);
}

function cosineDistance(a: Float32Array, from: number, b: Float32Array, to: number, columns: number): number {
  let product = 0;
  let left = 0;
  let right = 0;
  for (let c = 0; c < columns; c++) {
    const [x, y] = [a[from + c] as number, b[to + c] as number];
    product += x * y;
    left += x * x;
    right += y * y;
  }
  return left === 0 || right === 0 ? 1 : 1 - product / Math.sqrt(left * right);
}
