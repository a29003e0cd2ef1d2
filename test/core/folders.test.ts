// Folders are made with those above them, whatever is there already, and what cannot be made is told at once.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/core/folders.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-folders-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('makeFolder', () => {
  it('makes folders above, and is content with what is there', async () => {
    await Promise.all([
      makeFolder(join(folder, 'a/b/c')),
      makeFolder(join(folder, 'a/b/d')),
      makeFolder(join(folder, 'a/b/c')),
    ]);
    await makeFolder(join(folder, 'a/b/c'));
    await makeFolder('.');
    expect(statSync(join(folder, 'a/b/c')).isDirectory()).toBe(true);
    expect(statSync(join(folder, 'a/b/d')).isDirectory()).toBe(true);
  });

  it('refuses a file in the way', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(makeFolder(join(folder, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolder(join(folder, 'file/below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it.runIf(process.platform === 'linux')('does not hang where nothing can be made', async () => {
    await expect(makeFolder('/proc/nothing/here')).rejects.toMatchObject({
      code: expect.stringMatching(/ENOENT|EACCES|EPERM|EROFS/),
    });
  });
});
