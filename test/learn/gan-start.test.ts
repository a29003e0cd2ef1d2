// A generator that starts from the model of another run: labels of any cut laid over the segments, an anchor that is in
// the metrics and fades, and what is said of a folder that does not fit.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/core/config.js';
import { ganConfig } from '../../src/gan/config.js';
import { falling } from '../../src/gan/course.js';
import { symbolsAt } from '../../src/learn/gan-start.js';
import { runLearn, simulatedCorpus, type SimulatedCorpus } from './simulated-corpus.js';

const lines = async (file: string): Promise<Record<string, number>[]> =>
  (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>);

describe('symbols of another cut', () => {
  it('are those at the middle of each segment', () => {
    const labelled = { ends: Int32Array.of(4, 10, 12), symbols: Int32Array.of(7, 3, 5) };
    expect([...symbolsAt(labelled, Int32Array.of(4, 10, 12))]).toEqual([7, 3, 5]);
    expect([...symbolsAt(labelled, Int32Array.of(2, 3, 9, 11, 20))]).toEqual([7, 7, 3, 3, -1]);
    expect([...symbolsAt({ ends: new Int32Array(0), symbols: new Int32Array(0) }, Int32Array.of(3))]).toEqual([-1]);
  });
});

describe('the weight of an anchor', () => {
  it('falls in a line to nothing', () => {
    const { anchor } = resolveConfig(ganConfig, [{ anchor: { weight: 2, share: 0.5 } }], 'test');
    expect([0, 25, 50, 99].map((update) => falling(update, 100, anchor))).toEqual([2, 1, 0, 0]);
  });
});

describe('a generator started from another run', () => {
  const gan = {
    start: 'run',
    warmUp: 2,
    updates: 8,
    batch: 8,
    evaluateEvery: 4,
    discriminator: { dim: 8 },
    generator: { kernel: 3 },
    anchor: { weight: 1, share: 1 },
  };
  const quick = { refine: 'none', matching: { restarts: 2, steps: 200 } };
  let corpus: SimulatedCorpus;
  let matched: string;
  beforeAll(async () => {
    corpus = await simulatedCorpus(60);
    matched = await runLearn(corpus, 'matched', quick);
  });

  it('says at first what that run says, and holds on to it', async () => {
    const config = { ...quick, method: 'gan', gan: { ...gan, startRun: matched } };
    const out = await runLearn(corpus, 'started', config);
    const best = Math.min(...(await lines(join(matched, 'runs.jsonl'))).map(({ metric }) => metric!));
    const [first] = await lines(join(out, 'runs/gan-1/evaluations.jsonl'));
    expect(first).toMatchObject({ update: 0 });
    expect(first!['metric']).toBeLessThan(1.5 * best);
    const anchors = (await lines(join(out, 'runs/gan-1/metrics.jsonl'))).flatMap(({ anchor, update }) =>
      anchor === undefined ? [] : [[update!, anchor]],
    );
    expect(anchors.map(([update]) => update)).toEqual([2, 4, 6]);
    expect(anchors.at(-1)![1]).toBeLessThan(anchors[0]![1]!);
  });

  it.each<[string, object, RegExp]>([
    ['no folder', {}, /gan\.startRun is empty/],
    ['a folder that is not there', { startRun: 'nowhere/learn' }, /nowhere\/learn/],
    ['an anchor without a start', { start: 'random' }, /anchor\.weight is above 0, and start is "random"/],
    ['frames', { startRun: '.', input: 'frames' }, /gan\.input is "frames"/],
  ])('refuses %s', async (_, layer, message) => {
    const config = { ...quick, method: 'gan', gan: { ...gan, ...layer } };
    await expect(runLearn(corpus, 'refused', config)).rejects.toThrow(message);
  });
});
