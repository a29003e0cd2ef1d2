// Some editions of Common Voice name their clips without `.mp3`: every recording was "no such file".
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { audioConfig } from '../../src/audio/config.js';
import { findRecordings } from '../../src/audio/layouts.js';
import { temporaryFolder } from '../temporary-folder.js';

it('the ending is looked for', async () => {
  const data = await temporaryFolder();
  await mkdir(join(data, 'clips'));
  for (const name of ['one.mp3', 'two.wav', 'three']) await writeFile(join(data, 'clips', name), '');
  const rows = ['one', 'two', 'three', 'four'].map((name) => `who\t${name}\tuna frase\n`);
  await writeFile(join(data, 'train.tsv'), `client_id\tpath\tsentence\n${rows.join('')}`);
  const paths: string[] = [];
  for await (const found of findRecordings(audioConfig.parse({ layout: 'commonvoice', dir: '.' }), data))
    paths.push('path' in found ? found.path.slice(join(data, 'clips').length + 1) : found.problem);
  expect(paths).toEqual(['one.mp3', 'two.wav', 'three', 'four.mp3']);
});
