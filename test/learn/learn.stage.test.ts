// The learn stage on simulated folders: what it writes, that it learns, that it chooses by the metric, and that a
// killed run ends with the same bytes.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makePiece, type Executor } from '../../src/core/pieces.js';
import { silentLog, type Log } from '../../src/core/log.js';
import { readCorpus, type LearnFolders } from '../../src/learn/corpus.js';
import { loadEmission } from '../../src/learn/emission.js';
import { hmmLabels, textGraph } from '../../src/learn/hmm-labels.js';
import { labelsOf, type Labels } from '../../src/learn/labels.js';
import { learnStage } from '../../src/learn/stage.js';
import { errorRate } from '../matching/bigram-source.js';
import { compute, runLearn, simulatedCorpus, type SimulatedCorpus } from './simulated-corpus.js';

// Simulated frames are independent given the phone, so their likelihood counts in full.
const quick = { matching: { restarts: 6, steps: 400 }, cycle: { starts: 2, rounds: 1 }, hmm: { acousticScale: 1 } };

/** Every file below a folder with a hash of its bytes, stage.json and curves (which hold times) apart. */
async function contents(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name !== 'stage.json' && !entry.name.startsWith('events.out'))
    .map((entry) => join(entry.parentPath, entry.name));
  const hashed = await Promise.all(
    files.map(
      async (file) =>
        [
          file.slice(folder.length),
          createHash('sha256')
            .update(await readFile(file))
            .digest('hex'),
        ] as const,
    ),
  );
  return Object.fromEntries(hashed.sort());
}

const runsOf = async (folder: string): Promise<Record<string, unknown>[]> =>
  (await readFile(join(folder, 'runs.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('learn stage', () => {
  let corpus: SimulatedCorpus;
  let learned: string;
  beforeAll(async () => {
    corpus = await simulatedCorpus();
    learned = await runLearn(corpus, 'learn', quick);
  });

  it('writes every run with its metrics and one chosen model', async () => {
    const runs = await runsOf(learned);
    expect(runs.map(({ name }) => name)).toEqual([
      'matching-1-1',
      'matching-1-2',
      'matching-1-3',
      'matching-1-4',
      'matching-1-5',
      'matching-1-6',
      'hmm-1',
      'cycle-1-1',
      'hmm-2',
      'cycle-2-1',
    ]);
    const chosen = runs.filter((run) => run.chosen === true);
    expect(chosen).toHaveLength(1);
    const doubts = runs
      .filter(({ method }) => method === 'hmm')
      .map((run) => Math.log(run.metric as number) + (run.loss as number));
    expect(Math.log(chosen[0]!.metric as number) + (chosen[0]!.loss as number)).toBe(Math.min(...doubts));
    for (const file of ['emission.json', 'gaussians.npy']) {
      expect(await readFile(join(learned, file))).toEqual(
        await readFile(join(learned, 'runs', chosen[0]!.name as string, file)),
      );
    }
    const steps = (await readFile(join(learned, 'runs/matching-1-2/metrics.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { step: number; loss: number });
    expect(steps).toHaveLength(400);
    expect(steps.at(-1)!.loss).toBeLessThan(0.7 * steps[0]!.loss);
  });

  it('says how much better the sound fits the text than backwards', async () => {
    const { direction } = JSON.parse(await readFile(join(learned, 'backwards.json'), 'utf8')) as { direction: number };
    expect(direction).toBeGreaterThan(0.1);
  });

  it('has learned the phones, without a label', async () => {
    const read = await readCorpus(corpus.inputs as unknown as LearnFolders);
    const per = ({ utterances }: Labels): number =>
      errorRate(
        utterances.map(({ id }) => corpus.references.get(id)!),
        utterances.map(({ symbols }) => symbols),
      );
    expect(per(await labelsOf(learned, read, compute))).toBeLessThan(0.15);
    expect(per(await hmmLabels(learned, read, compute, textGraph(read, 4)))).toBeLessThan(0.15);
    await read.close();
  });

  it('continues after an interruption to the same bytes', async () => {
    const controller = new AbortController();
    const log = {
      ...silentLog,
      child: () => log,
      info: (message: string) => {
        if (message.startsWith('hmm-1')) controller.abort();
      },
    };
    await expect(runLearn(corpus, 'again', quick, { log, signal: controller.signal })).rejects.toThrow();
    const kept = await readFile(join(corpus.folder, 'again.partial/runs/matching-1-1/run.json'));
    expect(kept.length).toBeGreaterThan(0);
    expect(await contents(await runLearn(corpus, 'again', quick))).toEqual(await contents(learned));
  });

  it('gives the same bytes whoever trains the chains, in whichever order', async () => {
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
    const out = await runLearn(corpus, 'elsewhere', quick, { executor: backwards });
    expect(made.slice(-2)).toEqual(['chain-2', 'chain-1']);
    expect(await contents(out)).toEqual(await contents(learned));
  });

  it('ends a chain after a round that gave no better HMM, where no patience is left', async () => {
    const cycle = { starts: 1, rounds: 6 };
    const metrics = async (name: string, more: object): Promise<number[]> =>
      (await runsOf(await runLearn(corpus, name, { ...quick, cycle: { ...cycle, ...more } })))
        .filter(({ method }) => method === 'hmm')
        .map(({ metric }) => metric as number);
    const all = await metrics('patient', {});
    const some = await metrics('impatient', { patience: 1 });
    expect(all).toHaveLength(7);
    const failed = all.findIndex((metric, i) => i > 0 && metric >= Math.min(...all.slice(0, i)));
    expect(failed).toBeGreaterThan(0);
    expect(some).toEqual(all.slice(0, failed + 1));
  });

  it('without refinement keeps a table', async () => {
    const out = await runLearn(corpus, 'plain', { ...quick, refine: 'none', seeds: 2, choice: 'paper' });
    expect(await runsOf(out)).toHaveLength(12);
    const model = await loadEmission(out, compute);
    expect(model.needsFrames).toBe(false);
    expect(model.phones.at(-1)).toBe('<SIL>');
  });

  it('trains a generator by the other method and judges it alike', async () => {
    const gan = { updates: 6, batch: 8, evaluateEvery: 3, discriminator: { dim: 8 }, generator: { kernel: 3 } };
    const out = await runLearn(corpus, 'gan', { method: 'gan', refine: 'none', gan });
    const [run] = await runsOf(out);
    expect(run).toMatchObject({ name: 'gan-1', method: 'gan', chosen: true });
    expect(typeof run!.perplexity).toBe('number');
    const model = await loadEmission(out, compute);
    const { rows } = await model.emit({
      pooled: new Float32Array(12),
      segments: 4,
      columns: 3,
      units: [0, 0, 0, 0],
      ends: [2, 4, 6, 8],
    });
    expect(rows).toBe(4);
    await model.dispose();
  });

  it('starts a generator from matching, and keeps what it started from unless training betters it', async () => {
    const gan = {
      start: 'matching',
      warmUp: 2,
      updates: 4,
      batch: 8,
      evaluateEvery: 2,
      discriminator: { dim: 8 },
      generator: { kernel: 3 },
    };
    const out = await runLearn(corpus, 'gan-matched', { method: 'gan', refine: 'none', gan });
    const runs = await runsOf(out);
    const metricOf = (name: string): number => Number(runs.find((run) => run.name === name)!.metric);
    const matched = Math.min(...runs.filter(({ method }) => method === 'matching').map(({ metric }) => Number(metric)));
    expect(metricOf('gan-1')).toBeLessThan(1.5 * matched);
  });

  it('records what diverged, gives its updates to others, and goes on with the rest', async () => {
    const gan = {
      start: 'matching',
      warmUp: 0,
      updates: 40,
      batch: 8,
      evaluateEvery: 20,
      discriminator: { dim: 8 },
      generator: { kernel: 3, lr: 1e6, weightDecay: 1e6 },
    };
    const config = { method: 'gan', refine: 'none', gan, matching: { restarts: 1, steps: 50 } };
    const warnings: string[] = [];
    const log: Log = {
      ...silentLog,
      child: () => log,
      warn: (line) => {
        warnings.push(line);
      },
    };
    const out = await runLearn(corpus, 'diverged', config, { log });
    const runs = await runsOf(out);
    const diverged = runs.filter(({ cause }) => cause === 'diverged');
    expect(diverged.map(({ name }) => name)).toEqual(['gan-1', 'gan-1-again', 'gan-1-again-2', 'gan-1-again-3']);
    for (const run of diverged)
      expect(run).toMatchObject({
        state: 'collapsed',
        chosen: false,
        metric: null,
        updates: 4,
        reason: expect.stringContaining('update 4 (generator): smoothness is') as unknown,
      });
    expect(runs.find(({ chosen }) => chosen === true)).toMatchObject({ method: 'matching' });
    const told = warnings.filter((line) => line.includes('diverged'));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/4 of 5 runs.*lower learn\.gan\.generator\.lr/);
  });

  it('says that every run diverged where every run did', async () => {
    const gan = {
      updates: 40,
      batch: 8,
      evaluateEvery: 20,
      discriminator: { dim: 8 },
      generator: { kernel: 3, lr: 1e6, weightDecay: 1e6 },
    };
    await expect(runLearn(corpus, 'all-diverged', { method: 'gan', refine: 'none', gan })).rejects.toMatchObject({
      code: 'model',
      message: expect.stringContaining('each of 4 runs diverged') as unknown,
    });
  });

  it('gives up a generator that says one thing only, and says which it was', async () => {
    const gan = {
      updates: 400,
      batch: 8,
      evaluateEvery: 10,
      codePenalty: 0,
      discriminator: { dim: 8 },
      generator: { kernel: 3, lr: 2 },
      collapse: { patience: 2 },
    };
    const out = await runLearn(corpus, 'given-up', { method: 'gan', refine: 'none', gan });
    const runs = await runsOf(out);
    expect(runs.map(({ name }) => name)).toEqual(['gan-1', 'gan-1-again']);
    expect(runs[0]).toMatchObject({ state: 'collapsed' });
    expect(runs[0]!.updates).toBeLessThan(400);
    expect(['mode collapse', 'vocabulary use', 'silence everywhere']).toContain(runs[0]!.cause);
  });

  it.each([
    [
      3,
      [
        ['gan-1', 20],
        ['gan-1-again', 20],
        ['gan-1-again-2', undefined],
      ],
    ], // the last has its 10 updates to the end
    [
      1,
      [
        ['gan-1', 20],
        ['gan-1-again', 20],
      ],
    ],
    [0, [['gan-1', 20]]],
  ])('spends what a given-up training leaves on at most %d others', async (successors, expected) => {
    // With these bounds every evaluation is a collapse.
    const gan = {
      updates: 50,
      batch: 8,
      evaluateEvery: 10,
      discriminator: { dim: 8 },
      generator: { kernel: 3 },
      collapse: { topShare: 0, patience: 2, successors },
    };
    const runs = await runsOf(
      await runLearn(corpus, `successors-${successors}`, { method: 'gan', refine: 'none', gan }),
    );
    expect(runs.map(({ name, updates }) => [name, updates])).toEqual(expected);
    for (const run of runs)
      expect(run).toMatchObject({
        state: 'collapsed',
        cause: 'mode collapse',
        reason: expect.stringContaining('one phone makes up') as unknown,
      });
  });

  it('trains wav2vec-U 2.0 on frames, with auxiliary labels of its own', async () => {
    const gan = {
      input: 'frames',
      updates: 40,
      batch: 8,
      evaluateEvery: 20,
      metricsEvery: 1,
      discriminator: { dim: 8 },
      generator: { kernel: 9, stride: 3, padding: 4, batchNorm: 30, residual: true, lr: 0.01 },
      auxiliary: { weight: 0.5, classes: 8 },
    };
    const out = await runLearn(corpus, 'gan-2', { method: 'gan', refine: 'none', gan });
    const lines = (await readFile(join(out, 'runs/gan-1/metrics.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, number>);
    const losses = lines.flatMap(({ auxiliary }) => (auxiliary === undefined ? [] : [auxiliary]));
    expect(losses).toHaveLength(20);
    expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!);
    const model = await loadEmission(out, compute);
    const { rows, ends } = await model.emit({
      pooled: new Float32Array(0),
      segments: 1,
      columns: 0,
      units: [0],
      ends: [30],
      frames: { data: new Float32Array(90), rows: 30, dim: 3 },
    });
    expect([model.needsFrames, rows, ends.at(-1)]).toEqual([true, 10, 30]);
    await model.dispose();
  });

  it('says that auxiliary labels belong to frames', async () => {
    await expect(
      runLearn(corpus, 'gan-labels', { method: 'gan', gan: { auxiliary: { weight: 0.5 } } }),
    ).rejects.toThrow(/gan\.input is "segments"/);
  });
});

describe('pauses that speech detection left', () => {
  it('are phones too many unless silence is modelled', async () => {
    const corpus = await simulatedCorpus(200, true);
    const per = async (silence: 'cut' | 'modelled'): Promise<number> => {
      const learned = await runLearn(corpus, silence, { ...quick, cycle: { starts: 1, rounds: 1 }, silence });
      const read = await readCorpus(corpus.inputs as unknown as LearnFolders, { silent: silence === 'modelled' });
      expect(read.matched).toBe(silence === 'modelled' ? 9 : 8);
      expect(JSON.parse(await readFile(join(learned, 'emission.json'), 'utf8'))).toEqual(
        expect.objectContaining({ kind: 'hmm', silence: '<SIL>', ...(silence === 'modelled' ? { silent: true } : {}) }),
      );
      const { utterances } = await hmmLabels(learned, read, compute);
      const model = await loadEmission(learned, compute);
      const [first] = utterances;
      const { data, rows, columns } = await read.frames.read(first!.id);
      const { states } = await model.emit({
        pooled: new Float32Array(0),
        segments: 0,
        columns: 0,
        units: [],
        ends: [],
        frames: { data, rows, dim: columns },
      });
      expect(states).toMatchObject(silence === 'modelled' ? { columns: 9, silence: 8 } : { columns: 8 });
      await model.dispose();
      await read.close();
      return errorRate(
        utterances.map(({ id }) => corpus.references.get(id)!),
        utterances.map(({ symbols }) => symbols.filter((symbol) => symbol < 8)),
      );
    };
    const [cut, modelled] = [await per('cut'), await per('modelled')];
    expect(modelled).toBeLessThan(0.12);
    expect(cut).toBeGreaterThan(modelled + 0.05);
    await expect(runLearn(corpus, 'bootstrap', { method: 'bootstrap', silence: 'modelled' })).rejects.toThrow(
      'does not go with',
    );
  }, 300_000);
});
