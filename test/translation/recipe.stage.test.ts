// The recipe as its user runs it: two vector files in, a dictionary out; what is wrong
// with a file costs a line or says so.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../src/core/log.js';
import { Rng } from '../../src/core/rng.js';
import { checkRecipe } from '../../src/recipe/check/check.js';
import { makePlan } from '../../src/recipe/plan.js';
import { runPlan } from '../../src/recipe/run.js';
import type { Side } from '../../src/translation/csls.js';
import { rotatedClouds } from '../../src/translation/simulate.js';
import { temporaryFolder } from '../temporary-folder.js';

const words = 500;
const dim = 20;
const clouds = rotatedClouds({ words, dim, topics: 8, noise: 0.02 }, Rng.fromSeed('files'));
const lines = ({ data }: Side, name: (row: number) => string): string[] =>
  Array.from({ length: words }, (_, i) => `${name(i)} ${[...data.subarray(i * dim, (i + 1) * dim)].join(' ')}`);

async function vectorFiles(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const spanish = lines(clouds.source, (row) => `palabra${row}`);
  await writeFile(
    join(folder, 'es.vec'),
    `${words + 2} ${dim}\n` +
      `${[...spanish.slice(0, 100), 'roto 1 2 3', 'palabra0 1', ...spanish.slice(100)].join('\n')}\n`,
  );
  await writeFile(join(folder, 'en.vec'), `${lines(clouds.target, (row) => `word${row}`).join('\n')}\n`);
}

const planned = (folder: string, set: readonly string[]) =>
  makePlan({
    recipe: 'word-translation',
    data: folder,
    run: join(folder, 'run'),
    set: ['compute.threads=1', 'corpus.translation.starts=0', ...set],
  });

describe('the recipe word-translation', () => {
  it('writes a dictionary between two vector files, and leaves broken lines out', async () => {
    const folder = await temporaryFolder();
    await vectorFiles(folder);
    const [finished, ...others] = await runPlan(
      await planned(folder, ['corpus.source=es.vec', 'corpus.target=en.vec']),
      silentLog,
    );
    expect(others).toEqual([]);
    expect(finished?.record.skipped).toBe(2);
    const rows = (await readFile(join(folder, 'run', 'corpus', 'dictionary.tsv'), 'utf8'))
      .trim()
      .split('\n')
      .slice(1)
      .map((row) => row.split('\t'));
    expect(rows).toHaveLength(words);
    const right = rows.filter(([from, to], i) => from === `palabra${i}` && to === `word${clouds.truth[i]!}`);
    expect(right.length).toBeGreaterThan(0.98 * words);
  });

  it('says what is missing or does not fit', async () => {
    const folder = await temporaryFolder();
    await vectorFiles(folder);
    await writeFile(join(folder, 'short.vec'), 'one 1 2\n');
    const failing = async (set: readonly string[]) => runPlan(await planned(folder, set), silentLog);
    await expect(failing(['corpus.source=es.vec'])).rejects.toThrow(/corpus.target is missing/);
    await expect(failing(['corpus.source=es.vec', 'corpus.target=short.vec'])).rejects.toThrow(
      /short.vec: 1 usable vectors/,
    );
    await expect(failing(['corpus.source=es.vec', 'corpus.target=none.vec'])).rejects.toThrow(/none.vec/);
    await expect(checkRecipe({ recipe: 'word-translation' }).next()).rejects.toThrow(/no speech to check/);
  });
});
