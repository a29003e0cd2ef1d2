// asr gc on folders as runs leave them: what is offered, what never is, and that removing is what it says.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StageRecord } from '../../src/core/stage.js';
import { findCollectable, intermediateStages, removeCollectable } from '../../src/recipe/collect.js';
import { listRuns, sortRuns } from '../../src/recipe/list-runs.js';
import { acquireRunLock } from '../../src/recipe/run-lock.js';
import { stages } from '../../src/stages.js';
import { temporaryFolder } from '../temporary-folder.js';

async function writeStage(run: string, stage: string, key: string, inputs: Record<string, string>): Promise<void> {
  await mkdir(join(run, stage), { recursive: true });
  const record: StageRecord = {
    stage,
    key,
    version: 1,
    program: 'test',
    seed: 1,
    config: {},
    inputs,
    counts: {},
    skipped: 0,
    seconds: 7,
    peakMiB: 1,
    compute: {},
    finished: '2026-01-01T00:00:00.000Z',
  };
  await writeFile(join(run, stage, 'stage.json'), JSON.stringify(record));
  await writeFile(join(run, stage, 'data'), Buffer.alloc(1000));
}

async function finishedRun(): Promise<string> {
  const run = join(await temporaryFolder(), 'run');
  await mkdir(run);
  await writeFile(join(run, 'config.yaml'), 'name: run\n');
  for (const { name, reads } of stages)
    await writeStage(run, name, `${name} 1`, Object.fromEntries(reads.map((read) => [read, `${read} 1`])));
  return run;
}

const paths = async (run: string, options: Partial<Parameters<typeof findCollectable>[1]> = {}): Promise<string[]> =>
  (await findCollectable(run, { intermediate: false, unfinished: false, ...options })).map(
    ({ path, kind }) => `${kind} ${path.slice(run.length + 1)}`,
  );

describe('what nothing needs', () => {
  it('is nothing in a finished run, and its arrays only when asked for, after which it is still finished', async () => {
    const run = await finishedRun();
    expect(await paths(run)).toEqual([]);
    expect(await paths(run, { intermediate: true })).toEqual(intermediateStages.map((name) => `intermediate ${name}`));
    const found = await findCollectable(join(run, '..'), { intermediate: true, unfinished: false });
    expect(found.every(({ bytes, rebuildSeconds }) => bytes > 1000 && rebuildSeconds === 7)).toBe(true);
    expect(await removeCollectable(found)).toBe(found.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(existsSync(join(run, 'features'))).toBe(false);
    expect((await listRuns(run))[0]).toMatchObject({ state: 'finished', next: null });
  });

  it('is what interrupted stages left, but finished trainings in them only when asked for', async () => {
    const run = await finishedRun();
    for (const folder of ['decode.partial', 'text.old', 'learn.partial/runs/gan-1', 'learn.partial/runs/gan-2.partial'])
      await mkdir(join(run, folder), { recursive: true });
    expect(await paths(run)).toEqual(['leftover decode.partial', 'leftover text.old']);
    expect(await paths(run, { unfinished: true })).toEqual([
      'leftover decode.partial',
      'leftover learn.partial',
      'leftover text.old',
    ]);
  });

  it('is every stage behind one that was made anew', async () => {
    const run = await finishedRun();
    await writeStage(run, 'learn', 'learn 2', {});
    expect(await paths(run)).toEqual([
      'stale decode',
      'stale selftrain',
      'stale score',
      'stale bundle',
      'stale report',
    ]);
  });

  it('is nothing while a process runs there', async () => {
    const run = await finishedRun();
    await mkdir(join(run, 'decode.partial'));
    const lock = await acquireRunLock(run);
    expect(await paths(run)).toEqual([]);
    expect((await listRuns(run))[0]?.state).toBe('running');
    await lock.release();
    expect(await paths(run)).toEqual(['leftover decode.partial']);
  });
});

describe('the list of runs', () => {
  it('is sorted by a figure, with runs that lack it at the end', () => {
    const run = (name: string, per: number | null) => ({
      name,
      folder: name,
      state: 'finished' as const,
      next: null,
      metric: null,
      per,
      seconds: 1,
      bytes: 1,
      finished: null,
    });
    expect(
      sortRuns([run('c', null), run('b', 0.3), run('a', null), run('d', 0.1)], 'per').map(({ name }) => name),
    ).toEqual(['d', 'b', 'a', 'c']);
  });
});
