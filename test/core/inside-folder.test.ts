import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { insideFolder } from '../../src/core/inside-folder.js';
import { temporaryFolder } from '../temporary-folder.js';

const source = 'list.json';

describe('insideFolder', () => {
  it('follows names of what lies below, there or not', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'sub'));
    await writeFile(join(folder, 'sub', 'a b'), '');
    await symlink('sub', join(folder, 'alias'));
    for (const name of ['sub/a b', './sub/a b', 'alias/a b', 'not/yet/there', '..data', 'a..b/c'])
      expect(await insideFolder(folder, name, { source })).toBe(join(folder, name));
  });

  it.each([
    '',
    '/etc/passwd',
    '../x',
    'sub/../../x',
    'sub/../x',
    '..',
    '.',
    'C:\\x',
    'c:x',
    '\\\\host\\x',
    '..\\x',
    'a\0b',
  ])('refuses %j, and says which file names it', async (name) => {
    const folder = await temporaryFolder();
    await expect(insideFolder(folder, name, { source })).rejects.toMatchObject({
      code: 'model',
      message: expect.stringContaining('list.json: names the file'),
    });
  });

  it('refuses links that lead out: of files, of folders, to nothing yet, in a circle', async () => {
    const outside = await temporaryFolder();
    const folder = join(outside, 'model');
    await mkdir(folder);
    await writeFile(join(outside, 'secret'), '');
    await symlink(join(outside, 'secret'), join(folder, 'file'));
    await symlink('..', join(folder, 'up'));
    await symlink('../later', join(folder, 'dangling'));
    await symlink('circle', join(folder, 'circle'));
    for (const name of ['file', 'up/secret', 'up/nothing', 'dangling', 'circle'])
      await expect(insideFolder(folder, name, { source, code: 'input' })).rejects.toMatchObject({ code: 'input' });
  });

  it('takes a folder that is itself a link, and the cache of Hugging Face', async () => {
    const root = await temporaryFolder();
    const snapshot = join(root, 'models--a--b', 'snapshots', '0123');
    await mkdir(join(root, 'models--a--b', 'blobs'), { recursive: true });
    await mkdir(snapshot, { recursive: true });
    await writeFile(join(root, 'models--a--b', 'blobs', 'ff'), '');
    await symlink('../../blobs/ff', join(snapshot, 'weights'));
    await symlink('../../../secret', join(snapshot, 'out'));
    await symlink(snapshot, join(root, 'short'));
    expect(await insideFolder(join(root, 'short'), 'weights', { source })).toBe(join(root, 'short', 'weights'));
    await expect(insideFolder(snapshot, 'out', { source })).rejects.toMatchObject({ code: 'model' });
  });
});
