// A run and its corpus, copied to another place with their times of change (cp -a, rsync -a), or the run alone, copied
// in any way: nothing is made again.
import { execFileSync } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
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

it('is up to date where the run alone was copied to, times of change or not, as far as the report', async () => {
  const folder = await temporaryFolder();
  const here = join(folder, 'here');
  const settings = 'text: { pronunciation: letters, minPhoneShare: 0 }\nclusters: { count: 4 }\n';
  await writeToneCorpus(here, `data: .\n${settings}learn: { refine: none }\nselftrain: { method: none }\n`, 6);
  const made = await asr(['run', 'recipe.yaml', '--run', 'run'], { cwd: here });
  expect([0, 7], made.stderr).toContain(made.code);
  const there = join(folder, 'another name');
  await cp(join(here, 'run'), there, { recursive: true });
  const again = await asr(['run', 'recipe.yaml', '--run', there, '--dry-run', '--json'], { cwd: here });
  const { steps } = lastJson(again) as { steps: { stage: string; upToDate: boolean }[] };
  expect(steps.filter(({ upToDate }) => !upToDate)).toEqual([]);
  expect(steps.at(-1)?.stage).toBe('report');
  const heard = await asr(['transcribe', join(here, 'audio', '0.wav'), '--model', there]);
  expect(heard.code, heard.stderr).toBe(0);
});
