// The demo on two minutes of speech and a fifth of its text: its promises to a newcomer, to a program, and to someone
// who pulls the plug.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashFile } from '../../src/core/fingerprint.js';
import { Rng } from '../../src/core/rng.js';
import { stageNames } from '../../src/stages.js';
import { asr, lastJson } from './program.js';

const small = [
  'corpus.minutes=2',
  'text.maxSentences=500',
  'clusters.count=32',
  'learn.matching.steps=120',
  'learn.cycle.rounds=1',
].flatMap((setting) => ['--set', setting]);
const folders: string[] = [];
const temporary = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'asr-e2e-'));
  folders.push(folder);
  return folder;
};
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

let run: string;
let first: { per: number; trivialPer: number; seconds: number; run: string; model: string };
beforeAll(async () => {
  run = join(await temporary(), 'run');
  const outcome = await asr(['demo', '--run', run, '--json', ...small]);
  expect(outcome.stderr).not.toMatch(/\n\s+at /);
  expect(outcome.code).toBe(0);
  first = lastJson(outcome) as typeof first;
});

/** A checksum, so that a difference fails in one line instead of printing every utterance. */
const hypotheses = (folder: string): Promise<string> => hashFile(join(folder, 'decode', 'hypotheses.jsonl'));

describe('asr demo', () => {
  it('ends with one line of JSON that programs can read', () => {
    expect(first.run).toBe(run);
    expect(existsSync(join(first.model, 'model.json'))).toBe(true);
    expect(first.per).toBeGreaterThan(0);
    expect(first.trivialPer).toBeGreaterThan(0.6);
    expect(first.seconds).toBeGreaterThan(0);
  });

  it('leaves a record of every stage', () => {
    for (const stage of ['corpus', ...stageNames]) expect(existsSync(join(run, stage, 'stage.json')), stage).toBe(true);
  });

  it('does no work the second time, and says so', async () => {
    const before = await hypotheses(run);
    const outcome = await asr(['demo', '--run', run, ...small]);
    expect(outcome.stdout).toContain('Nothing to do');
    expect(outcome.stderr).not.toContain('starts:');
    expect(await hypotheses(run)).toBe(before);
  });

  it('runs only what a changed setting touches', async () => {
    const outcome = await asr([
      'run',
      'demo-es',
      '--run',
      run,
      '--dry-run',
      '--json',
      ...small,
      '--set',
      'learn.seeds=2',
    ]);
    const { steps } = lastJson(outcome) as { steps: { stage: string; upToDate: boolean; reason: string }[] };
    expect(steps.filter((step) => !step.upToDate).map((step) => step.stage)).toEqual([
      'learn',
      'decode',
      'selftrain',
      'score',
      'bundle',
      'report',
    ]);
    expect(steps.find((step) => step.stage === 'learn')?.reason).toBe('its config changed: seeds 1 -> 2');
  });

  it('continues after kill -9 in every stage, at its start or in its midst, and ends with the same bytes', async () => {
    const interrupted = join(await temporary(), 'run');
    const moments = Rng.fromSeed(Date.now());
    const tried: string[] = [];
    const long = new Set<string>(['corpus', 'audio', 'learn', 'selftrain']);
    for (const stage of ['corpus', ...stageNames]) {
      const killDelay = long.has(stage) ? Math.round(moments.uniform() * 600) : 0;
      tried.push(`${stage} + ${killDelay} ms`);
      const outcome = await asr(['demo', '--run', interrupted, ...small], {
        killWhen: (stderr) => stderr.includes(`${stage}: starts:`),
        killDelay,
      });
      expect(outcome.code, `${stage} was not killed: ${outcome.stderr}`).toBeNull();
      if (killDelay === 0) expect(existsSync(join(interrupted, stage, 'stage.json'))).toBe(false);
    }
    expect((await asr(['demo', '--run', interrupted, ...small])).code, tried.join(', ')).toBe(0);
    expect(await hypotheses(interrupted), tried.join(', ')).toBe(await hypotheses(run));
    const model = async (folder: string): Promise<unknown> =>
      (JSON.parse(await readFile(join(folder, 'bundle', 'model.json'), 'utf8')) as { files: unknown }).files;
    expect(await model(interrupted)).toEqual(await model(run));
  });

  it('learns the same when there are no references anywhere', async () => {
    const folder = await temporary();
    const data = join(folder, 'data');
    await cp(join(run, 'corpus'), data, { recursive: true });
    await rm(join(data, 'references.txt'));
    await rm(join(data, 'stage.json'));
    const recipe = join(folder, 'blind.yaml');
    await writeFile(
      recipe,
      'name: blind\naudio: { layout: tsv, dir: ., table: audio.tsv }\ntext: { language: es, stripLength: true, ' +
        'maxSentences: 500 }\nclusters: { count: 32 }\nlearn: { matching: { steps: 120 }, cycle: { rounds: 1 } }\n',
    );
    const outcome = await asr(['run', recipe, '--data', data, '--run', join(folder, 'run'), '--json']);
    expect(outcome.code).toBe(0);
    expect((lastJson(outcome) as { per: number | null }).per).toBeNull();
    expect(await hypotheses(join(folder, 'run'))).toBe(await hypotheses(run));
  });

  it('transcribes with the model that came out, and carries on past a bad file', async () => {
    const folder = await temporary();
    const bad = join(folder, '-not really; "sound".wav');
    await writeFile(bad, 'hello');
    const good = join(run, 'corpus', 'audio', 'es-0000.wav');
    const outcome = await asr(['transcribe', '--model', first.model, '--json', bad, good]);
    expect(outcome.code).toBe(3);
    const [failed, transcript] = outcome.stdout
      .trim()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as {
            file: string;
            error?: string;
            phones?: { phone: string; start: number; end: number }[];
          },
      );
    expect(failed).toMatchObject({ file: bad });
    expect(failed?.error).toBeTypeOf('string');
    const phones = transcript?.phones ?? [];
    expect(phones.length).toBeGreaterThan(10);
    for (const [i, { start, end }] of phones.entries()) {
      expect(end).toBeGreaterThan(start);
      expect(start).toBeGreaterThanOrEqual(phones[i - 1]?.end ?? 0);
    }
  });

  it('refuses a model with a flipped bit', async () => {
    const folder = join(await temporary(), 'model');
    await cp(first.model, folder, { recursive: true });
    const file = join(folder, 'clusters', 'centroids.npy');
    const bytes = await readFile(file);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(file, bytes);
    const outcome = await asr(['transcribe', '--model', folder, join(run, 'corpus', 'audio', 'es-0000.wav')]);
    expect(outcome.code).toBe(6);
    expect(outcome.stderr).toMatch(/centroids\.npy: the file has changed/);
  });
});
