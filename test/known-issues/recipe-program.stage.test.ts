// Any `prepare.js` beside a recipe was executed, by `asr check` and `--dry-run` too. It runs only where the recipe
// names it and its user has said that it may, for those who only look as well.
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { locateRecipe, recipeNames } from '../../src/recipe/locate.js';
import { sine, wavBytes } from '../audio/signals.js';
import { asr, projectFolder } from '../e2e/program.js';
import { temporaryFolder } from '../temporary-folder.js';

/** A recipe with a program beside it that leaves a mark as soon as it is loaded. */
async function recipeWith(head: string): Promise<{ folder: string; recipe: string; mark: string }> {
  const folder = await temporaryFolder();
  const mark = join(folder, 'mark');
  await mkdir(join(folder, 'audio'));
  for (let i = 0; i < 3; i++)
    await writeFile(join(folder, 'audio', `${i}.wav`), wavBytes([sine(200 + 90 * i, 16_000, 1)], 16_000, 's16'));
  await writeFile(join(folder, 'text.txt'), 'nada de nada\n');
  await writeFile(
    join(folder, 'prepare.js'),
    `import { cp, writeFile } from 'node:fs/promises';
     import { z } from ${JSON.stringify(join(projectFolder, 'node_modules', 'zod', 'index.js'))};
     await writeFile(${JSON.stringify(mark)}, 'was here');
     export const prepareStage = {
       name: 'corpus', version: 1, reads: [], config: z.object({}),
       async run({ data, out }) {
         await cp(data + '/audio', out + '/audio', { recursive: true });
         await cp(data + '/text.txt', out + '/text.txt');
         return { recordings: 3 };
       },
     };`,
  );
  const recipe = join(folder, 'recipe.yaml');
  const settings = 'audio: { speakers: one }\ntext: { pronunciation: letters, minPhoneShare: 0 }\n';
  await writeFile(recipe, `name: stranger\n${head}${settings}`);
  return { folder, recipe, mark };
}

describe('a program beside a recipe', () => {
  it('that the recipe does not name is never run, and check says that it lies there', async () => {
    const { folder, recipe, mark } = await recipeWith('');
    const common = ['--data', folder, '--run', join(folder, 'run')];
    const checked = await asr(['check', recipe, ...common]);
    expect(checked.stdout).toContain('prepare.js lies beside the recipe, which does not name it');
    const outcome = await asr(['run', recipe, ...common, '--to', 'audio']);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(existsSync(join(folder, 'run', 'audio', 'stage.json'))).toBe(true);
    expect(existsSync(join(folder, 'run', 'corpus'))).toBe(false);
    expect(existsSync(mark)).toBe(false);
  });

  it('that it names makes the corpus, and is not even loaded by a command that has no word for it', async () => {
    const { folder, recipe, mark } = await recipeWith('prepare: prepare.js\n');
    const common = ['--data', folder, '--run', join(folder, 'run')];
    for (const command of [
      ['check', recipe],
      ['run', recipe, '--dry-run'],
      ['run', recipe, '--to', 'audio'],
    ]) {
      const refused = await asr([...command, ...common]);
      expect([refused.code, refused.stderr], command.join(' ')).toEqual([
        2,
        expect.stringMatching(new RegExp(`${join(folder, 'prepare.js')}\n[^]*--allow-code`)),
      ]);
    }
    expect(existsSync(join(folder, 'run'))).toBe(false);
    expect(existsSync(mark)).toBe(false);
    const dry = await asr(['run', recipe, ...common, '--dry-run', '--allow-code']);
    expect([dry.code, dry.stdout], dry.stderr).toEqual([0, expect.stringMatching(/corpus +would run: not done yet/)]);
    expect((await asr(['check', recipe, ...common, '--allow-code'])).stdout).toMatch(/ok +recordings/);
    const outcome = await asr(['run', recipe, ...common, '--to', 'audio', '--allow-code']);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(await readFile(mark, 'utf8')).toBe('was here');
    expect((await asr(['run', recipe, ...common, '--dry-run', '--to', 'audio', '--allow-code'])).stdout).toMatch(
      /corpus +up to date\naudio +up to date/,
    );
  });

  it('is a module in the folder of the recipe, nothing elsewhere', async () => {
    for (const path of ['../prepare.js', '/etc/prepare.js', 'a/prepare.js', '.js', 'prepare.sh']) {
      const { folder, recipe } = await recipeWith(`prepare: ${path}\n`);
      const outcome = await asr(['run', recipe, '--data', folder, '--run', join(folder, 'run'), '--dry-run']);
      expect([outcome.code, outcome.stderr], path).toEqual([2, expect.stringContaining('JavaScript module beside')]);
    }
  });
});

it('recipes of the program that have one name it', async () => {
  expect(recipeNames().length).toBeGreaterThan(5);
  for (const name of recipeNames()) {
    const { yaml } = locateRecipe(name);
    const recipe = parse(await readFile(yaml, 'utf8')) as { prepare?: string };
    const has = (await readdir(join(yaml, '..'))).includes('prepare.ts');
    expect(recipe.prepare, name).toBe(has ? 'prepare.js' : undefined);
  }
});
