// A language with a known truth whose labels have a systematic error: matching to the text must find most of it.
import { describe, expect, it } from 'vitest';
import { bootstrapConfig } from '../../src/bootstrap/config.js';
import { matchingBatch, matchLabels } from '../../src/bootstrap/match-labels.js';
import { silentLog } from '../../src/core/log.js';
import { withoutRepeats } from '../../src/core/without-repeats.js';
import { Rng } from '../../src/core/rng.js';

const phones = 12;
const rowsPerPhone = 3;
const config = {
  ...bootstrapConfig.parse({}).adapt.matching,
  batch: 60,
  steps: 60,
  hidden: 32,
  learningRate: 3e-3,
  labelRate: 0.01,
  deletion: 0,
  duplication: 0,
};

const rng = Rng.fromSeed('language');
/** Each phone is followed by one of two others, the first more often, and never by itself. */
const followers = Array.from({ length: phones }, () => [rng.integer(phones), rng.integer(phones)] as const);
function sentence(): number[] {
  const found = [rng.integer(phones)];
  while (found.length < 20) {
    const next = rng.uniform() < 0.1 ? rng.integer(phones) : followers[found.at(-1)!]![rng.uniform() < 0.7 ? 0 : 1];
    if (next !== found.at(-1)) found.push(next);
  }
  return found;
}
const sentences = Array.from({ length: 200 }, () => Int32Array.from(sentence()));
const truth = new Map(Array.from({ length: 80 }, (_, u): [string, number[]] => [`u${u}`, sentence()]));
/** Two of three segments of these phones are taken for another. */
const mistaken = new Map([
  [1, 4],
  [2, 5],
  [3, 7],
  [6, 8],
]);
const labels = new Map(
  Array.from(truth, ([id, own]): [string, Int16Array] => [
    id,
    Int16Array.from([
      phones,
      ...own.flatMap((phone) =>
        new Array<number>(rowsPerPhone).fill(rng.uniform() < 2 / 3 ? (mistaken.get(phone) ?? phone) : phone),
      ),
      phones,
    ]),
  ]),
);

const describeRows = async (id: string): Promise<{ data: Float32Array; columns: number }> => {
  const own = truth.get(id)!;
  const noise = Rng.fromSeed(id);
  return {
    columns: phones,
    data: Float32Array.from(
      { length: (own.length * rowsPerPhone + 2) * phones },
      (_, i) =>
        (own[Math.floor((Math.floor(i / phones) - 1) / rowsPerPhone)] === i % phones ? 1 : 0) + 0.3 * noise.normal(),
    ),
  };
};

async function run(
  change: Partial<typeof config> = {},
  signal?: AbortSignal,
): Promise<{ errors: number; labels: Map<string, Int16Array> }> {
  const found = new Map<string, Int16Array>();
  const options = {
    labels,
    describe: describeRows,
    sentences,
    phones,
    config: { ...config, ...change },
    rng: Rng.fromSeed(3),
    compute: { engine: 'cpu' as const, threads: 1 },
    log: silentLog,
    ...(signal ? { signal } : {}),
  };
  for await (const [id, own] of matchLabels(options)) found.set(id, own);
  return { errors: errorsOf(found), labels: found };
}

/** Share of segments with a wrong phone. */
function errorsOf(found: ReadonlyMap<string, Int16Array>): number {
  let wrong = 0;
  let all = 0;
  for (const [id, own] of truth)
    own.forEach((phone, s) => {
      all++;
      if (found.get(id)![1 + s * rowsPerPhone] !== phone) wrong++;
    });
  return wrong / all;
}

describe('matching labels to the text', () => {
  it('undoes most of a systematic error that the labels alone teach', async () => {
    const before = errorsOf(labels);
    expect(before).toBeGreaterThan(0.1);
    const matched = await run();
    expect(matched.errors).toBeLessThan(0.5 * before);
    const { errors: byLabels } = await run({ learningRate: 1e-9 });
    expect(byLabels).toBeGreaterThan(1.5 * matched.errors);
    for (const own of matched.labels.values()) expect([own[0], own.at(-1)]).toEqual([phones, phones]);
    expect((await run()).labels).toEqual(matched.labels);
  });

  it('stops when asked to, and says when there is nothing to match', async () => {
    await expect(run({}, AbortSignal.abort())).rejects.toThrow();
    const silent = matchLabels({
      labels: new Map([['u0', new Int16Array(62).fill(phones)]]),
      describe: describeRows,
      sentences,
      phones,
      config,
      rng: Rng.fromSeed(3),
      compute: { engine: 'cpu', threads: 1 },
      log: silentLog,
    });
    await expect(silent.next()).rejects.toThrow(/no utterance has a labelled segment/);
  });

  it('sees phones that are said twice as the one segment that their label makes', () => {
    expect([...withoutRepeats(Int32Array.of(1, 1, 2, 1, 1, 1))]).toEqual([1, 2, 1]);
  });

  it('links segments of one utterance only, and leaves rows that are too many empty', () => {
    const one = (first: number): { vectors: Float32Array; phones: Int32Array } => ({
      vectors: Float32Array.of(first, first + 1),
      phones: Int32Array.of(0, 1),
    });
    const { x, targets, links } = matchingBatch([one(1), one(5)], 5, 1, { columns: 3, hidden: 1, phones: 2 }, 2);
    expect([...x]).toEqual([0, 1, 2, 1, 2, 0, 0, 5, 6, 5, 6, 0, 0, 0, 0]);
    expect([...targets]).toEqual([1, 0, 0, 1, 1, 0, 0, 1, 0, 0]);
    expect([...links]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
  });
});
