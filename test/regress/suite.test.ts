import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/core/version.js';
import { assignments, loadSuite, type Suite } from '../../src/regress/suite.js';
import { checkRecipes, selectEntries } from '../../src/regress/suite-run.js';
import { temporaryFolder } from '../temporary-folder.js';

async function suite(text: string): Promise<Suite> {
  const path = join(await temporaryFolder(), 'suite.yaml');
  await writeFile(path, text);
  return loadSuite(path);
}

describe('a suite', () => {
  it('has defaults, and settings as the command line takes them', async () => {
    const {
      entries: [entry],
      confidence,
    } = await suite(
      'name: s\nrecipes:\n- recipe: demo-es\n  minutes: 5\n  set: { corpus.voices: [es, "es+f1"], learn.seeds: 2 }\n',
    );
    expect(confidence).toBe(0.99);
    expect(entry).toMatchObject({ name: 'demo-es', seeds: [1, 2], measure: 'per', calibrate: 3 });
    expect(assignments(entry!)).toEqual(['corpus.voices=["es","es+f1"]', 'learn.seeds=2']);
  });

  it('has a new series when what is run changes, not when budgets or seeds do', async () => {
    const series = async (more: string): Promise<string> =>
      (await suite(`name: s\nrecipes:\n- { recipe: demo-es, minutes: 5${more} }\n`)).entries[0]!.series;
    const plain = await series('');
    expect(await series(', seeds: [7], calibrate: 0, name: other')).toBe(plain);
    expect(await series(', set: { learn.seeds: 2 }')).not.toBe(plain);
    expect(await series(', measure: metric')).not.toBe(plain);
    expect(await series(', set: { learn.seeds: 2, learn.refine: none }')).toBe(
      await series(', set: { learn.refine: none, learn.seeds: 2 }'),
    );
  });

  it.each([
    ['minuets: 5', 'unknown key "minuets"', 'Did you mean "minutes"?'],
    ['minutes: 5, seeds: [1, 1]', 'a seed appears twice', ''],
    ['minutes: 61', '61 minutes, the suite has 60', ''],
    ['minutes: 5, set: { seed: 3 }', '"seed" is set', ''],
    ['minutes: 5, measure: error', 'measure', ''],
    ['minutes: 5 }\n- { recipe: demo-es, minutes: 1', 'two recipes are called "demo-es"', ''],
  ])('says what is wrong with { recipe: demo-es, %s }', async (line, message, hint) => {
    await expect(suite(`name: s\nrecipes:\n- { recipe: demo-es, ${line} }\n`)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(message),
      ...(hint === '' ? {} : { hint }),
    });
  });

  it('is checked before the night: recipes and settings that do not exist', async () => {
    const { entries } = await suite('name: s\nrecipes:\n- { recipe: demo-ess, minutes: 5 }\n');
    await expect(checkRecipes(entries)).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('demo-es'),
    });
    const typo = await suite('name: s\nrecipes:\n- { recipe: demo-es, minutes: 5, set: { learn.sedes: 2 } }\n');
    await expect(checkRecipes(typo.entries)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('learn.sedes'),
    });
    expect(() => selectEntries(typo, ['demo'])).toThrow(/no recipe "demo"/u);
  });

  it('of the nights fits an hour: the demo and a real recipe', async () => {
    const { entries, minutes } = await loadSuite(join(packageRoot, 'suites', 'nightly.yaml'));
    expect(minutes).toBeLessThan(60);
    expect(entries.map(({ recipe }) => recipe)).toContain('demo-es');
    expect(entries.filter(({ data }) => data !== undefined).length).toBeGreaterThan(0);
    await checkRecipes(entries);
  });
});
