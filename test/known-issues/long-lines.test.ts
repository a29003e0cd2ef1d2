// Readers that once looked again and again at a long run of blanks, on lines of such runs: what they read of them. That
// none takes steps by the square of a line is counted in patterns-are-linear.test.ts.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { audioConfig } from '../../src/audio/config.js';
import { findRecordings } from '../../src/audio/layouts.js';
import { readSphereHeader } from '../../src/audio/sphere.js';
import { decodeNpyHeader } from '../../src/core/npy.js';
import { fromArpa } from '../../src/lm/arpa.js';
import { loadTranscripts } from '../../src/transcripts/references.js';
import { temporaryFolder } from '../temporary-folder.js';

const length = 20_000;
const blanks = ' '.repeat(length);

it('trn, Kaldi text, CTM', async () => {
  const folder = await temporaryFolder();
  const read = async (name: string, line: string): Promise<Map<string, string>> => {
    await writeFile(join(folder, name), `${line}\n`);
    return loadTranscripts(join(folder, name));
  };
  await expect(read('a.trn', `a${blanks}b`)).rejects.toThrow(/line 1/);
  await expect(read('a.trn', '('.repeat(length))).rejects.toThrow(/line 1/);
  expect((await read('a.trn', `a${blanks}b (u)`)).get('u')).toHaveLength(length + 2);
  expect((await read('a.txt', `u a${blanks}b`)).get('u')).toHaveLength(length + 2);
});

it('wav.scp', async () => {
  const data = await temporaryFolder();
  await writeFile(join(data, 'wav.scp'), `u a${blanks}b\n${blanks}v${blanks}c.wav${blanks}\n`);
  const ids: string[] = [];
  for await (const { id } of findRecordings(audioConfig.parse({ layout: 'kaldi', dir: '.' }), data)) ids.push(id);
  expect(ids).toEqual(['u', 'v']);
});

it('headers of SPHERE and NumPy, n-grams', () => {
  const field = `x -s9 a${' '.repeat(60_000)}b`;
  const sphere = Buffer.from(`NIST_1A\n  65000\nsample_rate -i 8000\n${field}\nend_head\n`);
  expect(readSphereHeader(Buffer.concat([sphere, Buffer.alloc(65_000)]), 'x').rate).toBe(8000);
  const header = `{'descr':${blanks}'shape':${blanks}(${','.repeat(length)}`;
  const npy = Buffer.alloc(12 + header.length);
  npy.write('\x93NUMPY\x02\x00', 'latin1');
  npy.writeUInt32LE(header.length, 8);
  npy.write(header, 12);
  expect(() => decodeNpyHeader(npy, 'x.npy')).toThrow(/x\.npy/);
  expect(() => fromArpa(`\\data\\\nngram 1=1${blanks}x\n`)).toThrow(/line 2/);
});
