// `asr lm estimate text.txt --out text.txt` wrote the model over the text, which was gone.
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { main } from '../../src/cli/main.js';
import { refuseSameFile } from '../../src/core/same-file.js';
import { temporaryFolder } from '../temporary-folder.js';

it('a model never replaces its text', async () => {
  const folder = await temporaryFolder();
  const [text, link] = [join(folder, 'text.txt'), join(folder, 'link.txt')];
  await writeFile(text, 'a b\n');
  await symlink(text, link);
  for (const out of [text, link]) {
    expect(await main(['lm', 'estimate', text, '--out', out])).toBe(2);
    expect(await main(['lm', 'convert', text, out])).toBe(2);
    await expect(refuseSameFile(text, out)).rejects.toThrow('would replace what is read');
  }
  expect(await readFile(text, 'utf8')).toBe('a b\n');
  await refuseSameFile(text, join(folder, 'new.txt'));
});
