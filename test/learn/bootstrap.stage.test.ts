// The bootstrap from text and recordings to a model, at its smallest: two synthetic voices, a network of eight
// channels, one round; the "recordings" are a third voice. What it learned from must show in what it writes.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/core/log.js';
import { loadEmission } from '../../src/learn/emission.js';
import { folderDigest } from '../folder-digest.js';
import { compute, SpokenCorpus } from './spoken-corpus.js';

let corpus: SpokenCorpus;
let root: string;
const stage: SpokenCorpus['stage'] = (name, out, options) => corpus.stage(name, out, options);
beforeAll(async () => {
  corpus = await SpokenCorpus.create();
  root = corpus.root;
});
afterAll(() => corpus.remove());

describe('learning from synthetic speech', () => {
  it('leaves a run for each round, marked as of synthetic speech, and a model that transcribes frames', async () => {
    const learned = await stage('learn');
    const runs = (await readFile(join(learned, 'runs.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(runs.map(({ name, synthetic }) => [name, synthetic])).toEqual([
      ['bootstrap-1-0', true],
      ['bootstrap-1-1', true],
    ]);
    const alone = runs.map(({ soundPerplexity }) => Number(soundPerplexity));
    expect(Math.min(...alone)).toBeGreaterThan(1);
    expect(runs.find(({ chosen }) => chosen)).toBe(runs[alone.indexOf(Math.min(...alone))]);
    const model = await loadEmission(learned, compute);
    expect(model.needsFrames).toBe(true);
    const frames = { data: Float32Array.from({ length: 51 * 40 }, (_, i) => Math.sin(i)), rows: 51, dim: 40 };
    const { states, ends, rows, logProbs } = await model.emit({
      pooled: new Float32Array(0),
      segments: 0,
      columns: 0,
      units: [],
      ends: [],
      frames,
    });
    expect([states!.frames, states!.columns, states!.statesPerPhone]).toEqual([26, model.phones.length, 2]);
    expect(states!.logDensities).toHaveLength(26 * model.phones.length * 2);
    expect([states!.ends!.at(-1), ends.at(-1), logProbs.length]).toEqual([51, 51, rows * model.phones.length]);
    await expect(
      model.emit({
        pooled: new Float32Array(0),
        segments: 0,
        columns: 0,
        units: [],
        ends: [],
        frames: { ...frames, dim: 39 },
      }),
    ).rejects.toThrow(/40 bands/);
    await model.dispose();
  });

  it('ends with the same bytes after an interruption in the middle', async () => {
    const controller = new AbortController();
    const log = {
      ...silentLog,
      child: () => log,
      info: (message: string) => {
        if (message.startsWith('synthetic speech, epoch 1')) controller.abort();
      },
    };
    await expect(stage('learn', 'again', { log, signal: controller.signal })).rejects.toThrow();
    expect(await folderDigest(await stage('learn', 'again'))).toEqual(await folderDigest(join(root, 'run/learn')));
  });

  it('decodes, bundles and says on the card what it learned from', async () => {
    for (const name of ['decode', 'selftrain', 'score', 'bundle']) await stage(name);
    const hypotheses = (await readFile(join(root, 'run/decode/hyp.txt'), 'utf8')).trim().split('\n');
    expect(hypotheses).toHaveLength(5);
    expect(await readFile(join(root, 'run/bundle/README.md'), 'utf8')).toMatch(/synthetic speech/);
    const { loadModel } = await import('../../src/transcribe/model.js');
    const model = await loadModel(join(root, 'run/bundle'), compute);
    const found = [];
    for await (const utterance of model.recognise(
      (async function* () {
        yield Float32Array.from({ length: 16_000 }, (_, n) => 0.3 * Math.sin(n / 7) * Math.sin(n / 900));
      })(),
    ))
      found.push(utterance);
    await model.dispose();
    expect(found.length).toBeGreaterThan(0);
  });

  it('learns on normalised frames of any other extractor too, at their own rate', async () => {
    const { normalise, deltas } = { normalise: 'speaker', deltas: 0 };
    const slow = { kind: 'mfcc', normalise, deltas, hopSeconds: 0.02 };
    const folder = await stage('features', 'slow-features', { change: slow });
    const learned = await stage('learn', 'slow', { features: folder });
    const model = await loadEmission(learned, compute);
    const frames = { data: Float32Array.from({ length: 51 * 13 }, (_, i) => Math.sin(i)), rows: 51, dim: 13 };
    const none = { pooled: new Float32Array(0), segments: 0, columns: 0, units: [], ends: [] };
    const { states, ends } = await model.emit({ ...none, frames });
    expect([states!.frames, ends.at(-1)]).toEqual([51, 51]); // a row for every frame of 20 ms
    expect(model.phonesPerSecond).toBeGreaterThan(0);
    const length = JSON.parse(await readFile(join(learned, 'runs/bootstrap-1-1/length.json'), 'utf8')) as Record<
      string,
      number
    >;
    expect(length['expected']).toBe(model.phonesPerSecond);
    expect(length['text']).toBeGreaterThan(0);
    expect(length['source']).toBeGreaterThan(0);
    await model.dispose();
    // Gaussians have no say on such frames by default: none are trained.
    const record = JSON.parse(await readFile(join(learned, 'emission.json'), 'utf8')) as Record<string, unknown>;
    expect([record['components'], record['mixtureScale']]).toEqual([0, 0]);
  });

  it('says what is missing where frames or phones are of another kind', async () => {
    const info = join(root, 'run/features/features.json');
    const written = await readFile(info, 'utf8');
    await writeFile(info, written.replace('"kind": "logmel"', '"kind": "precomputed"'));
    await expect(stage('learn', 'wrong')).rejects.toThrow(
      /made of synthetic speech too, found features.kind=precomputed/,
    );
    await writeFile(info, written);
  });
});
