// References as fairseq's preparation keeps them: lines of NAME.phn or NAME.wrd belong to the files of NAME.tsv.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fairseqTranscripts } from '../../src/transcripts/corpora.js';
import { temporaryFolder } from '../temporary-folder.js';

async function all(folder: string, unit: 'phones' | 'words') {
  const found = [];
  for await (const transcript of fairseqTranscripts(folder, { unit })) found.push(transcript);
  return found;
}

describe('fairseqTranscripts', () => {
  it('gives each line under the names that its file may have', async () => {
    const folder = await temporaryFolder();
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'train.tsv'), '/data\nspk/one.flac\t100\ntwo.flac\t100\n');
    await writeFile(join(folder, 'train.phn'), 'a b\nc  d \n');
    await writeFile(join(folder, 'valid.tsv'), '/data\nthree.flac\t100\n');
    await writeFile(join(folder, 'valid.phn'), 'e\n');
    await writeFile(join(folder, 'valid.wrd'), 'eh\n');
    expect(await all(folder, 'phones')).toEqual([
      { id: 'spk/one', text: 'a b' },
      { id: 'spk_one', text: 'a b' },
      { id: 'one', text: 'a b' },
      { id: 'two', text: 'c  d' },
      { id: 'three', text: 'e' },
    ]);
    expect(await all(folder, 'words')).toEqual([{ id: 'three', text: 'eh' }]);
  });

  it('refuses what does not pair up', async () => {
    const folder = await temporaryFolder();
    await expect(all(folder, 'phones')).rejects.toThrow(/no NAME.phn with NAME.tsv/);
    await writeFile(join(folder, 'train.tsv'), '/data\none.flac\t100\n');
    await writeFile(join(folder, 'train.phn'), 'a\nb\n');
    await expect(all(folder, 'phones')).rejects.toThrow(/2 lines, its .tsv names 1 files/);
  });
});
