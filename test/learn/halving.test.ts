// Successive halving over seeds: who stays at a rung, and that the seeds that stay end with the bytes of trainings that
// nobody looked at, whoever trains them and wherever they were interrupted.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makePiece, type Executor } from '../../src/core/pieces.js';
import { silentLog } from '../../src/core/log.js';
import { resolveConfig } from '../../src/core/config.js';
import { Rng } from '../../src/core/rng.js';
import { ganConfig } from '../../src/gan/config.js';
import { rungVerdicts, rungUpdates } from '../../src/learn/halving.js';
import { learnStage } from '../../src/learn/stage.js';
import { runLearn, simulatedCorpus } from './simulated-corpus.js';

const rungsOf = (updates: number, evaluateEvery: number, rungs: number[]): number[] =>
  rungUpdates(resolveConfig(ganConfig, [{ updates, evaluateEvery, halving: { rungs } }], 'test'));

describe('rungs', () => {
  it('are whole evaluations before the end, each once', () => {
    expect(rungsOf(150_000, 1000, [0.05, 0.2])).toEqual([8000, 30_000]);
    expect(rungsOf(40, 10, [0.01, 0.02, 0.5, 0.99])).toEqual([10, 20]);
    expect(rungsOf(40, 10, [])).toEqual([]);
  });
});

describe('a rung', () => {
  it('keeps the lowest metrics and says why the others are dropped', () => {
    const signs = [
      { seed: 1, metric: 60 },
      { seed: 2, metric: null },
      { seed: 3, metric: 30 },
      { seed: 4, metric: 90 },
    ];
    const verdicts = rungVerdicts(signs, 0.5, { at: 100, all: 1000 });
    expect(verdicts.map(({ seed, stays }) => [seed, stays])).toEqual([
      [3, true],
      [1, true],
      [4, false],
      [2, false],
    ]);
    expect(verdicts[2]!.reason).toBe(
      'dropped after 100 of 1000 updates: its metric, 90.0, is number 3 of 4 after 100 updates, ' +
        '2 go on with 60.0 or less',
    );
    expect(verdicts[3]!.reason).toContain('it collapsed');
  });

  it('keeps somebody whenever there is somebody, whatever the order in which signs arrive', () => {
    const rng = Rng.fromSeed(1);
    for (let draw = 0; draw < 200; draw++) {
      const signs = Array.from({ length: 1 + rng.integer(12) }, (_, i) => ({
        seed: i + 1,
        metric: rng.uniform() < 0.3 ? null : 1 + rng.integer(8),
      }));
      const keep = 0.01 + 0.99 * rng.uniform();
      const stay = (list: typeof signs): number[] =>
        rungVerdicts(list, keep, { at: 1, all: 2 })
          .filter(({ stays }) => stays)
          .map(({ seed }) => seed);
      const kept = stay(signs);
      expect(stay([...signs].reverse())).toEqual(kept);
      const alive = signs.filter(({ metric }) => metric !== null).length;
      expect(kept).toHaveLength(Math.min(alive, Math.ceil(keep * signs.length)));
    }
  });
});

describe('learn with halving', () => {
  const gan = {
    updates: 16,
    batch: 8,
    evaluateEvery: 4,
    discriminator: { dim: 8 },
    generator: { kernel: 3 },
    collapse: { patience: 0 },
  };
  const config = { method: 'gan', refine: 'none', seeds: 3, gan };

  it('drops seeds at each rung, and trains the others to the bytes they have alone', async () => {
    const corpus = await simulatedCorpus(40);
    const whole = await runLearn(corpus, 'whole', config);
    const halved = await runLearn(corpus, 'halved', { ...config, gan: { ...gan, halving: { rungs: [0.25, 0.5] } } });
    const runs = (await readFile(join(halved, 'runs.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; updates?: number; reason: string; state: string });
    expect(runs.map(({ name }) => name)).toEqual(['gan-1', 'gan-2', 'gan-3']);
    expect(runs.map(({ updates }) => updates ?? 16).sort((a, b) => a - b)).toEqual([4, 8, 16]);
    for (const { name, updates, reason, state } of runs) {
      const files = await readdir(join(halved, 'runs', name));
      expect(files).toContain('metrics.jsonl');
      if (updates !== undefined) {
        expect(state === 'unconverged' ? reason : 'dropped').toContain('dropped');
        continue;
      }
      for (const file of files.filter((file) => file !== 'run.json'))
        expect(await readFile(join(halved, 'runs', name, file))).toEqual(
          await readFile(join(whole, 'runs', name, file)),
        );
    }

    // Ended after the first rung, continued by somebody who takes the pieces the other way round.
    const controller = new AbortController();
    const log = {
      ...silentLog,
      child: () => log,
      info: (message: string) => {
        if (message.includes('dropped after 4')) controller.abort();
      },
    };
    const made: string[] = [];
    const backwards: Executor = {
      width: (pieces) => pieces,
      prepare: async () => undefined,
      make: async (work, names, log, signal) => {
        for (const name of [...names].reverse()) {
          made.push(name);
          await makePiece(learnStage, work, name, log, signal);
        }
        return [];
      },
    };
    const again = { ...config, gan: { ...gan, halving: { rungs: [0.25, 0.5] } } };
    await expect(runLearn(corpus, 'again', again, { log, signal: controller.signal })).rejects.toThrow();
    await runLearn(corpus, 'again', again, { executor: backwards });
    expect(made.filter((name) => name.endsWith('rung-1'))).toEqual([]);
    expect(made.filter((name) => name.endsWith('rung-2'))).toHaveLength(2);
    for (const { name } of runs)
      for (const file of await readdir(join(halved, 'runs', name)))
        expect(await readFile(join(corpus.folder, 'again/runs', name, file))).toEqual(
          await readFile(join(halved, 'runs', name, file)),
        );
    expect(await readFile(join(corpus.folder, 'again/runs.jsonl'))).toEqual(await readFile(join(halved, 'runs.jsonl')));
  }, 240_000);
});
