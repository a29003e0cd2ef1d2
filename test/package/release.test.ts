// The release refuses until somebody has said where the repository is, and then says so in all three places.
import { execFile } from 'node:child_process';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { projectFolder } from '../e2e/program.js';
import { temporaryFolder } from '../temporary-folder.js';

const release = (cwd: string, ...args: string[]): Promise<{ code: number; stderr: string }> =>
  promisify(execFile)(process.execPath, [join(projectFolder, 'package', 'release.js'), ...args], { cwd }).then(
    ({ stderr }) => ({ code: 0, stderr }),
    (failure: { code: number; stderr: string }) => failure,
  );

it('names what is missing, and writes it where it is given', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'package.json');
  await copyFile(join(projectFolder, 'package.json'), path);
  const description = async (): Promise<Record<string, unknown>> =>
    JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  if (JSON.stringify(await description()).includes('.invalid/')) {
    const refused = await release(folder);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('homepage, bugs.url, repository.url')]);
    expect(refused.stderr).toContain('--address https://HOST/OWNER/NAME');
  }
  for (const wrong of ['here', 'http://example.org/a/b', 'https://example.org'])
    expect((await release(folder, '--address', wrong)).code, wrong).toBe(2);
  expect((await release(folder, '--address', 'https://example.org/lab/asr.git')).code).toBe(0);
  expect(await description()).toMatchObject({
    homepage: 'https://example.org/lab/asr#readme',
    bugs: { url: 'https://example.org/lab/asr/issues' },
    repository: { url: 'git+https://example.org/lab/asr.git' },
  });
});
