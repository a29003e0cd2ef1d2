// The history as a real SQLite file: what is written is read, references move by rule, damage is named.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { History, type NightStart } from '../../src/regress/history.js';
import type { SeedResult } from '../../src/regress/seed-run.js';
import { noiseOf, referenceOf } from '../../src/regress/night.js';
import type { NightVerdict } from '../../src/regress/verdicts.js';
import { temporaryFolder } from '../temporary-folder.js';

const start = (day: number, series = 'a'): NightStart => ({
  suite: 'nightly',
  name: 'demo',
  series,
  measure: 'per',
  settings: { set: {} },
  started: `2026-03-0${day}T02:00:00.000Z`,
  environment: { versions: { asr: 'asr 1' }, commit: 'c0ffee', dirty: false, machine: 'a machine', load: 0.5 },
});
const result = (seed: number, per: number | null, status: SeedResult['status'] = 'ok'): SeedResult => ({
  seed,
  status,
  reason: '',
  per,
  wer: null,
  cer: null,
  metric: 12,
  guess: 0.88,
  wall: 60,
  cpu: 50,
  memory: 300,
});

async function add(
  history: History,
  day: number,
  verdict: NightVerdict,
  pers: number[],
  series = 'a',
): Promise<number> {
  const id = await history.startNight(start(day, series));
  for (const [i, per] of pers.entries()) await history.addResult(id, result(i + 1, per));
  await history.endNight(id, {
    verdict,
    reason: `because ${verdict}`,
    value: pers.reduce((a, b) => a + b, 0) / pers.length,
    tolerance: null,
    noise: null,
    degrees: null,
    reference: null,
  });
  return id;
}

describe('the history', () => {
  it('gives back what it was given, from a file that SQLite tools know', async () => {
    const path = join(await temporaryFolder(), 'deep', 'history.sqlite');
    const history = await History.open(path);
    expect(await history.nights()).toEqual([]);
    const id = await add(history, 1, 'first', [0.15, 0.17]);
    await add(history, 1, 'first', [0.7], 'b');
    await history.bless(id, '2026-03-01T09:00:00.000Z', 'why "not"?');
    const [night, ...others] = await (await History.open(path)).nights('a');
    expect(others).toEqual([]);
    expect(night).toMatchObject({
      id,
      name: 'demo',
      verdict: 'first',
      reason: 'because first',
      value: 0.16,
      commit: 'c0ffee',
      dirty: false,
      blessed: { note: 'why "not"?' },
    });
    expect(night?.results).toEqual([result(1, 0.15), result(2, 0.17)]);
    expect((await readFile(path)).subarray(0, 16).toString()).toBe('SQLite format 3\0');
    expect(await readdir(join(path, '..'))).toEqual(['history.sqlite']);
  });

  it('keeps a night that never came to its end as interrupted, with the seeds that did', async () => {
    const history = await History.open(join(await temporaryFolder(), 'h.sqlite'));
    const id = await history.startNight(start(1));
    await history.addResult(id, result(1, 0.2));
    expect((await history.nights())[0]).toMatchObject({ verdict: 'interrupted', value: null, results: [{ per: 0.2 }] });
    expect(referenceOf(await history.nights())).toBeUndefined();
  });

  it('loses no row to another that writes to the same file', async () => {
    const path = join(await temporaryFolder(), 'h.sqlite');
    const [a, b] = [await History.open(path), await History.open(path)];
    await add(a, 1, 'first', [0.1]);
    await add(b, 2, 'ok', [0.1]);
    await add(a, 3, 'ok', [0.1]);
    expect((await b.nights()).map(({ started }) => started.slice(9, 10))).toEqual(['1', '2', '3']);
  });

  it('belongs to one night at a time', async () => {
    const path = join(await temporaryFolder(), 'h.sqlite');
    const [a, b] = [await History.open(path), await History.open(path)];
    await a.alone(async () => {
      await add(a, 1, 'first', [0.1]);
      await expect(b.alone(() => add(b, 2, 'ok', [0.1]))).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining(`process ${process.pid} runs here`),
        hint: expect.stringContaining('--history'),
      });
    });
    await b.alone(() => add(b, 3, 'ok', [0.1]));
    expect(await a.nights()).toHaveLength(2);
  });

  it('names a file that is no history, and leaves it as it is', async () => {
    const path = join(await temporaryFolder(), 'h.sqlite');
    await writeFile(path, 'nothing of the kind');
    await expect(History.open(path)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('not a history of asr regress'),
    });
    expect(await readFile(path, 'utf8')).toBe('nothing of the kind');
    const good = join(await temporaryFolder(), 'h.sqlite');
    await add(await History.open(good), 1, 'first', [0.1]);
    const bytes = await readFile(good);
    await writeFile(good, bytes.subarray(0, bytes.length / 2));
    await expect(History.open(good).then((half) => half.nights())).rejects.toMatchObject({ code: 'input' });
  });
});

describe('the reference', () => {
  it('does not follow a slow drift, moves with what is better by more than noise, and with a blessing', async () => {
    const history = await History.open(join(await temporaryFolder(), 'h.sqlite'));
    const first = await add(history, 1, 'first', [0.15, 0.16]);
    await add(history, 2, 'ok', [0.155, 0.165]);
    await add(history, 3, 'ok', [0.16, 0.17]);
    expect(referenceOf(await history.nights())?.id).toBe(first);
    const better = await add(history, 4, 'improved', [0.1, 0.11]);
    const worse = await add(history, 5, 'worse', [0.2, 0.21]);
    expect(referenceOf(await history.nights())?.id).toBe(better);
    await history.bless(worse, '2026-03-05T08:00:00.000Z', '');
    expect(referenceOf(await history.nights())?.id).toBe(worse);
    const again = await add(history, 6, 'improved', [0.1, 0.12]);
    expect(referenceOf(await history.nights())?.id).toBe(again);
  });

  it('learns of noise from good nights and accepted ones alone', async () => {
    const history = await History.open(join(await temporaryFolder(), 'h.sqlite'));
    await add(history, 1, 'first', [0.15, 0.16]);
    const before = noiseOf(await history.nights());
    const worse = await add(history, 2, 'worse', [0.2, 0.5]);
    expect(noiseOf(await history.nights())).toEqual(before);
    await history.bless(worse, '2026-03-02T08:00:00.000Z', '');
    expect(noiseOf(await history.nights()).degrees).toBe(2);
  });
});
