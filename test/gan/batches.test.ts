// Batches: dropout's rate and scale, who is drawn when, padding between utterances; and the feeds made of them.
import { describe, expect, it } from 'vitest';
import { resolveConfig, type ConfigTree } from '../../src/core/config.js';
import { Rng } from '../../src/core/rng.js';
import { Batches, bucketRows, dropoutInPlace } from '../../src/gan/batches.js';
import { ganConfig } from '../../src/gan/config.js';
import { discriminatorFeeds, generatorFeeds, joinBatch } from '../../src/gan/feeds.js';
import { CachedSegments, spread, type SegmentSource } from '../../src/gan/segment-source.js';

/** Utterance u0 has 3 segments, u1 4 …; row t of utterance u holds u + t/100 in both columns. */
function source(count: number): SegmentSource & { reads: string[] } {
  const reads: string[] = [];
  return {
    ids: Array.from({ length: count }, (_, u) => `u${u}`),
    columns: 2,
    reads,
    rowsOf: (id) => 3 + Number(id.slice(1)),
    read: async (id) => {
      reads.push(id);
      const u = Number(id.slice(1));
      const rows = 3 + u;
      return { rows, data: Float32Array.from({ length: rows * 2 }, (_, i) => 1 + u + Math.floor(i / 2) / 100) };
    },
  };
}
const options = (count: number, batch: number, dropout = 0, drawing: ConfigTree = {}) => ({
  ids: source(count).ids,
  columns: 2,
  sentences: [Int32Array.of(0, 1), Int32Array.of(2, 2, 1)],
  batch,
  pad: 2,
  dropout,
  drawing: resolveConfig(ganConfig, [drawing], 'test'),
});

const pace = { adamStep: 1, lrShare: 1 };

describe('dropout', () => {
  it('drops the share asked for and keeps the mean', () => {
    const x = new Float32Array(200_000).fill(1);
    dropoutInPlace(x, 0.1, Rng.fromSeed('drop'));
    const dropped = x.filter((value) => value === 0).length / x.length;
    expect(Math.abs(dropped - 0.1)).toBeLessThan(0.003);
    expect(x.every((value) => value === 0 || value === Math.fround(1 / 0.9))).toBe(true);
    // Independent of each other: pairs of zeros are as frequent as chance has it.
    let pairs = 0;
    for (let i = 1; i < x.length; i++) if (x[i] === 0 && x[i - 1] === 0) pairs++;
    expect(Math.abs(pairs / x.length - 0.01)).toBeLessThan(0.0015);
  });
});

describe('Batches', () => {
  it('goes through the whole corpus before anything repeats, in another order each time', async () => {
    const segments = source(6);
    const batches = new Batches(new CachedSegments(segments, 0), options(6, 4), Rng.fromSeed(1));
    for (let update = 0; update < 3; update++) await batches.at(update);
    const [first, second] = [segments.reads.slice(0, 6), segments.reads.slice(6, 12)];
    expect([...first].sort()).toEqual(segments.ids);
    expect([...second].sort()).toEqual(segments.ids);
    expect(first).not.toEqual(second);
  });

  it('depends on the update alone, not on what was asked before', async () => {
    const make = (): Batches => new Batches(new CachedSegments(source(6), 0), options(6, 4, 0.3), Rng.fromSeed(1));
    const copy = async (batches: Batches, update: number): Promise<unknown> => {
      const { x, rows, lines } = await batches.at(update);
      return [x.slice(0, rows * 2), lines];
    };
    const steady = make();
    for (let update = 0; update < 5; update++) await steady.at(update);
    expect(await copy(steady, 5)).toEqual(await copy(make(), 5));
    expect(await copy(make(), 4)).not.toEqual(await copy(make(), 5));
  });

  it('keeps what fits the budget and reads the rest again', async () => {
    const segments = source(2); // 24 and 32 bytes
    const cache = new CachedSegments(segments, 30);
    for (const id of ['u0', 'u1', 'u0', 'u1']) await cache.read(id);
    expect(segments.reads).toEqual(['u0', 'u1', 'u1']);
  });

  it('names the utterance that holds a value that is not finite', async () => {
    const broken: SegmentSource = { ...source(1), read: async () => ({ rows: 1, data: Float32Array.of(1, NaN) }) };
    await expect(new CachedSegments(broken, 0).read('u0')).rejects.toThrow('utterance "u0"');
  });

  it('spreads a sample over the corpus', () => {
    expect(spread([0, 1, 2, 3, 4, 5], 3)).toEqual([0, 2, 4]);
    expect(spread([0, 1], 3)).toEqual([0, 1]);
  });
});

describe('feeds', () => {
  const config = resolveConfig(ganConfig, [{ joinFrame: 'mean' }], 'test');
  const shape = { batch: 2, columns: 2, classes: 4 };

  it('trace joined logits back to the mean window of a run, with nothing on padding', async () => {
    const batches = new Batches(new CachedSegments(source(2), 0), options(2, 2), Rng.fromSeed(1));
    const batch = await batches.at(0);
    const short = batch.segments.indexOf(3); // rows 1, 1.01, 1.02 and 4 outputs
    const labels = batch.segments.map((rows) =>
      rows === 3 ? Int32Array.of(0, 1, 1, 2) : Int32Array.of(3, 3, 3, 3, 3),
    );
    const joined = joinBatch(labels, config, Rng.fromSeed(1));
    expect(joined.paddedLength).toBe(4); // 3 runs and the padding of the shorter one, as the reference counts
    expect(joinBatch(labels, { ...config, joinCountsPadding: false }, Rng.fromSeed(1)).paddedLength).toBe(3);
    const size = { length: 8, rows: bucketRows(batch.rows) };
    const logits = labels.map((list) => Float32Array.from({ length: list.length * 4 }, (_, i) => Math.floor(i / 4)));
    const feeds = generatorFeeds({ batch, logits, joined, shape, config, size, pace, vocabularySize: 4 });
    const x = feeds.x;
    /** First column of tap j of joined frame n: the rows that are said to be in it, by their shares. */
    const window = (n: number): number[] =>
      [0, 1, 2, 3].map((j) =>
        Array.from({ length: size.rows }, (_, row) =>
          feeds.joinedRow[row * 4 + j] === short * 8 + n ? feeds.joinedShare[row * 4 + j]! * x[row * 2]! : 0,
        ).reduce((a, b) => a + b),
      );
    expect(Array.from({ length: 8 }, (_, n) => feeds.logits[(short * 8 + n) * 4])).toEqual([0, 1.5, 3, 0, 0, 0, 0, 0]);
    const close = (n: number, expected: number[]): void => {
      window(n).forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 5);
      });
    };
    close(0, [0, 0, 1, 1.01]);
    close(1, [0.5, 1.005, 1.015, 0.51]); // mean of [0, 1, 1.01, 1.02] and [1, 1.01, 1.02, 0]
    close(2, [1.01, 1.02, 0, 0]);
    close(3, [0, 0, 0, 0]);
    expect(Array.from(feeds.fakeWeights.subarray(short * 8, short * 8 + 4))).toEqual(
      [1 / 3, 1 / 3, 1 / 3, 0].map(Math.fround),
    );
    expect([feeds.padFrames[0], feeds.codeFrames[0], feeds.smoothCount[0]]).toEqual([8 - 4, 8, 2 * 3 * 4]);
  });

  it('fills text beyond its end with no class, or with the padding class when there is one', async () => {
    const batch = await new Batches(new CachedSegments(source(2), 0), options(2, 2), Rng.fromSeed(1)).at(0);
    const joined = joinBatch(
      batch.segments.map((rows) => new Int32Array(rows + 1)),
      config,
      Rng.fromSeed(1),
    );
    const lines = [Int32Array.of(2), Int32Array.of(0, 1, 2)];
    const feedsFor = (classes: number) => {
      const logits = joined.labels.map((labels) => new Float32Array(labels.length * classes));
      return discriminatorFeeds(
        {
          batch: { ...batch, lines },
          logits,
          joined,
          shape: { ...shape, classes },
          config,
          size: { length: 4, rows: 64 },
          pace,
          vocabularySize: 3,
        },
        Rng.fromSeed(1),
      );
    };
    expect(Array.from(feedsFor(3).tokens)).toEqual([2, -1, -1, -1, 0, 1, 2, -1]);
    expect(Array.from(feedsFor(5).tokens)).toEqual([2, 3, 3, 3, 0, 1, 2, 3]);
    // One joined frame and the padding of the shorter utterance: 2 frames, fewer than 3 phones.
    expect(Array.from(feedsFor(3).penaltyWeights)).toEqual([0.5, 0.5, 0, 0]);
  });
});
