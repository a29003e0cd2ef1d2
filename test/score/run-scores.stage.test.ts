// Runs of a learn stage as it leaves them, scored after the choice: error rates, rank correlation and regret.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveConfig, type ConfigTree } from '../../src/core/config.js';
import { createLog, silentLog, type Log } from '../../src/core/log.js';
import { ShardWriter } from '../../src/core/shard-writer.js';
import { runStage } from '../../src/core/stage-run.js';
import { impossible, saveTableEmission } from '../../src/learn/emission.js';
import { readScore, readScoredRuns } from '../../src/score/report.js';
import { scoreStage } from '../../src/score/stage.js';
import { textStage } from '../../src/text/stage.js';

let data = '';
const compute = { engine: 'cpu', threads: 1 } as const;
const phones = ['a', 'b', 'c', '<SIL>'];
/** Ten test recordings, all of which say "abcab" in five segments, and one of the training split. */
const ids = Array.from({ length: 10 }, (_, i) => `t${i}`);

async function folder(stage: string, files: Record<string, string> = {}): Promise<string> {
  const path = join(data, stage);
  await mkdir(path, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
  const record = {
    stage,
    key: stage,
    version: 1,
    program: 'test',
    seed: 1,
    config: {},
    inputs: {},
    counts: {},
    skipped: 0,
    seconds: 0,
    peakMiB: 0,
    compute,
    finished: '',
  };
  await writeFile(join(path, 'stage.json'), JSON.stringify(record));
  return path;
}

const lines = (records: object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** Units 0, 1, 2 read as the given phones. */
async function addRun(learn: string, name: string, reads: string): Promise<void> {
  const path = join(learn, 'runs', name);
  await mkdir(path, { recursive: true });
  const table = new Float32Array(3 * 4).fill(impossible);
  [...reads].forEach((phone, unit) => {
    table[unit * 4 + phones.indexOf(phone === '_' ? '<SIL>' : phone)] = 0;
  });
  await saveTableEmission(path, { phones, silence: '<SIL>' }, table);
}

const runLine = (name: string, metric: number | null, chosen = false): object => ({
  name,
  method: 'matching',
  seed: name,
  loss: 1,
  metric,
  perplexity: metric,
  vocabularySeen: 1,
  logLengthRatio: 0,
  topShare: 0.3,
  logProb10: -1,
  state: metric === null ? 'collapsed' : 'ok',
  reason: '',
  chosen,
});

let inputs: Record<string, string> = {};
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'asr-run-scores-'));
  await writeFile(join(data, 'text.txt'), 'abcab\ncab\nbca\n');
  await writeFile(
    join(data, 'references.txt'),
    lines([]).concat(ids.map((id) => `${id} abcab\n`).join(''), 'train abcab\n'),
  );
  const text = join(data, 'text');
  await runStage(textStage, {
    data,
    seed: 1,
    log: silentLog,
    compute,
    inputs: {},
    out: text,
    config: resolveConfig(textStage.config, [{ pronunciation: 'letters', minPhoneCount: 1 }], 'test'),
  });
  const all = [...ids, 'train'];
  const learn = await folder('learn', {
    'runs.jsonl': lines([
      runLine('right', 5),
      runLine('half', 7, true),
      runLine('wrong', 9),
      runLine('silent', null),
      runLine('gone', 8),
    ]),
  });
  await addRun(learn, 'right', 'abc');
  await addRun(learn, 'half', 'abb'); // "ab b ab" merges to "abab": one deletion of five
  await addRun(learn, 'wrong', 'cab');
  await addRun(learn, 'silent', '___');
  const segments = await folder('segments', {
    'boundaries.jsonl': lines(all.map((id) => ({ id, ends: [1, 2, 3, 4, 5] }))),
  });
  const pooled = await ShardWriter.create(join(segments, 'pooled'), { columns: 1 });
  for (const id of all) await pooled.append(id, new Float32Array(5));
  await pooled.close();
  inputs = {
    text,
    learn,
    segments,
    features: await folder('features'),
    audio: await folder('audio', { 'recordings.jsonl': '' }),
    clusters: await folder('clusters', { 'units.jsonl': lines(all.map((id) => ({ id, units: [0, 1, 2, 0, 1] }))) }),
    vad: await folder('vad', {
      'utterances.jsonl': lines(
        all.map((id) => ({
          id,
          recording: id,
          speaker: 's',
          split: id === 'train' ? 'train' : 'test',
          regions: [[0, 800]],
          samples: 800,
        })),
      ),
    }),
    selftrain: await folder('selftrain'),
    decode: await folder('decode', {
      'hypotheses.jsonl': lines(
        all.map((id) => ({
          id,
          recording: id,
          split: 'test',
          phones: [...'abcab'].map((phone) => ({ phone, start: 0, end: 0 })),
        })),
      ),
    }),
  };
});
afterAll(() => rm(data, { recursive: true, force: true }));

async function score(config: ConfigTree = {}, log: Log = silentLog): Promise<string> {
  const out = join(data, 'score');
  await rm(out, { recursive: true, force: true });
  await runStage(scoreStage, {
    data,
    seed: 1,
    log,
    compute,
    inputs,
    out,
    config: resolveConfig(scoreStage.config, [{ references: 'references.txt' }, config], 'test'),
  });
  return out;
}

describe('runs of the learn stage', () => {
  it('are scored greedily on the test split, with rank correlation and regret', async () => {
    const written: string[] = [];
    const out = await score(
      {},
      createLog({ stream: { write: (line: string) => written.push(line) } as unknown as NodeJS.WritableStream }),
    );
    expect((await readScoredRuns(out)).map(({ name, per, chosen }) => [name, per, chosen])).toEqual([
      ['right', 0, false],
      ['half', 0.2, true],
      ['wrong', expect.closeTo(0.4, 10), false],
      ['silent', 1, false],
      ['gone', null, false],
    ]);
    const report = (await readScore(out))!;
    expect(report.per).toBe(0);
    expect(report.choice).toEqual({
      references: 10,
      runs: 4,
      rankCorrelation: 1,
      chosen: { name: 'half', per: 0.2 },
      best: { name: 'right', per: 0 },
      regret: 0.2,
    });
    expect(written.join('')).toMatch(/gone is not scored/u);
  });

  it('take as many references as they are told, or none', async () => {
    expect((await readScore(await score({ runReferences: 3 })))!.choice?.references).toBe(3);
    const none = await score({ runReferences: 0 });
    expect((await readScore(none))!.choice).toBeUndefined();
    expect(await readScoredRuns(none)).toEqual([]);
  });

  it('leave the result as it is: the choice was made before', async () => {
    const out = await score();
    expect(JSON.parse((await readFile(join(inputs['learn']!, 'runs.jsonl'), 'utf8')).split('\n')[1]!)).toMatchObject({
      name: 'half',
      chosen: true,
    });
    expect((await readScore(out))!.errors).toBe(0);
  });
});
