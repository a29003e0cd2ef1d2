// A run and its corpus, copied to another place with their times of change (cp -a, rsync -a): nothing is made again.
import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';
import { asr, lastJson } from './program.js';
import { writeToneCorpus } from './tone-corpus.js';

it('is up to date where it was copied to', async () => {
  const folder = await temporaryFolder();
  const here = join(folder, 'here');
  const there = join(folder, 'far', 'away');
  await writeToneCorpus(here, 'data: .\n', 4);
  const made = await asr(['run', 'recipe.yaml', '--run', 'run', '--to', 'features'], { cwd: here });
  expect(made.code, made.stderr).toBe(0);
  await mkdir(join(folder, 'far'));
  execFileSync('cp', ['-a', here, there]);
  const again = await asr(['run', 'recipe.yaml', '--run', 'run', '--to', 'features', '--dry-run', '--json'], {
    cwd: there,
  });
  const { steps } = lastJson(again) as { steps: { stage: string; upToDate: boolean; reason: string }[] };
  expect(steps.filter(({ upToDate }) => !upToDate)).toEqual([]);
  expect(steps.map(({ stage }) => stage)).toContain('features');
});
