// Found: `asr new` took a folder with somebody's own table for a folder of sound: one speaker, no split, and rows that
// leave recordings out were never read. Tables with commas or semicolons could not be read at all.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { audioConfig } from '../../src/audio/config.js';
import { detectLayout } from '../../src/audio/detect.js';
import { listCorpus } from '../../src/recipe/check/sample.js';
import { Rng } from '../../src/core/rng.js';
import { wavBytes } from '../audio/signals.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'asr-own-tables-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}
const sound = (path: string): void => write(path, Buffer.from(wavBytes([new Float32Array(1600)], 16_000, 's16')));

/** What the recipe that is made of it would find. */
async function corpus(): Promise<{ train: number; test: number; speakers: number; bad: number; columns: object }> {
  const { layout, dir, table } = detectLayout(folder)!;
  const config = audioConfig.parse({ layout, dir, table: table!.path, columns: table!.columns });
  const { train, test, speakers, bad } = await listCorpus(config, folder, 5, Rng.fromSeed(1));
  return { train, test, speakers, bad, columns: table!.columns };
}

it('reads a table of a spreadsheet whose header is in another language', async () => {
  for (const name of ['a', 'b', 'c', 'unlisted']) sound(`klang/${name}.wav`);
  write(
    'Liste.csv',
    '\uFEFFDatei;Sprecher;Satz\r\nklang/a.wav;Eva;"Ja; nein"\r\nklang/b.wav;Max;Ja\r\nklang/c.wav;Eva;1,5\r\n',
  );
  const columns = { id: 'Datei', path: 'Datei', speaker: 'Sprecher' };
  expect(await corpus()).toMatchObject({ speakers: 2, bad: 0, columns });
});

it('reads names without ending, splits, and text with commas in quotes', async () => {
  for (const name of ['a', 'b', 'c']) sound(`wavs/${name}.wav`);
  write('metadata.csv', 'name,text,subset,speaker_id\na,"one, two",train,x\nb,"a ""b""",train,y\nc,d,dev,z\n');
  const columns = { id: 'name', speaker: 'speaker_id', split: 'subset' };
  expect(await corpus()).toEqual({ train: 2, test: 1, speakers: 3, bad: 0, columns });
});

it('takes times and an id of their own, where a recording has several rows', async () => {
  sound('day.wav');
  write('utterances.tsv', 'key\tfile\tbegin\tend\n1\tday.wav\t0\t0.05\n2\tday.wav\t0.05\t0.1\n');
  const columns = { id: 'key', path: 'file', start: 'begin', end: 'end' };
  expect(await corpus()).toMatchObject({ bad: 0, columns });
});

it('leaves alone what only looks like one', () => {
  sound('wavs/LJ001-0001.wav');
  write('metadata.csv', 'LJ001-0001|Printing, in the only sense|Printing, in the only sense\n');
  expect(detectLayout(folder)).toMatchObject({ layout: 'ljspeech' });
  write('metadata.csv', 'file_name,text\nwavs/LJ001-0001.wav,Printing\n');
  expect(detectLayout(folder)).toMatchObject({ layout: 'audiofolder' });
  rmSync(join(folder, 'metadata.csv'));
  write('words.csv', 'word,phones\nwavs,w a v s\n');
  expect(detectLayout(folder)).toMatchObject({ layout: 'folder' });
});
