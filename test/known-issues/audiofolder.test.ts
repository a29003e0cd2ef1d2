// Hugging Face's AudioFolder (metadata.csv with file_name) was taken for LJ Speech, and
// its header and quoted texts for ids.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { audioConfig } from '../../src/audio/config.js';
import { detectLayout } from '../../src/audio/detect.js';
import { findRecordings } from '../../src/audio/layouts.js';
import { csvCells } from '../../src/core/csv.js';
import { corpusTranscripts } from '../../src/transcripts/corpora.js';
import { temporaryFolder } from '../temporary-folder.js';

async function corpus(tables: Record<string, string>, sounds: readonly string[]): Promise<string> {
  const root = await temporaryFolder();
  for (const name of [...sounds, ...Object.keys(tables)]) {
    await mkdir(join(root, name, '..'), { recursive: true });
    await writeFile(join(root, name), tables[name] ?? '');
  }
  return root;
}

async function read(root: string): Promise<{ ids: string[]; splits: string[]; texts: Record<string, string> }> {
  const [ids, splits, texts]: [string[], string[], Record<string, string>] = [[], [], {}];
  for await (const found of findRecordings(audioConfig.parse({ layout: 'audiofolder', dir: '.' }), root)) {
    ids.push(found.id);
    splits.push('split' in found ? found.split : found.problem);
  }
  for await (const { id, text } of corpusTranscripts('audiofolder', root)) texts[id] = text;
  return { ids, splits, texts };
}

it('one table, with quotes and a byte order mark', async () => {
  const root = await corpus(
    { 'metadata.csv': '\uFEFF"file_name",transcription\r\ndata/a b.wav,"uno, ""dos""\ntres"\r\ndata/c.mp3,\r\n' },
    ['data/a b.wav', 'data/c.mp3'],
  );
  expect(detectLayout(root)).toMatchObject({ layout: 'audiofolder', dir: '.' });
  const { ids, texts } = await read(root);
  expect(ids).toEqual(['data_a_b', 'data_c']);
  expect(texts).toEqual({ data_a_b: 'uno, "dos"\ntres' });
});

it('a table for each split, as JSON lines', async () => {
  const root = await corpus(
    {
      'train/metadata.jsonl': '{"file_name":"x.wav","text":"hola"}\n',
      'test/metadata.jsonl': '{"file_name":"x.wav","text":"mundo"}\n{"text":"sin sonido"}\n',
    },
    ['train/x.wav', 'test/x.wav'],
  );
  expect(detectLayout(root)).toMatchObject({ layout: 'audiofolder', dir: '.' });
  const { ids, splits, texts } = await read(root);
  expect(ids).toEqual(['test_x', 'line 2 of metadata.jsonl', 'train_x']);
  expect(splits).toEqual(['test', 'no file_name in line 2 of metadata.jsonl', 'train']);
  expect(texts).toEqual({ test_x: 'mundo', train_x: 'hola' });
});

it('a metadata.csv without file_name is LJ Speech as before', async () => {
  const root = await corpus({ 'metadata.csv': 'a|uno, dos\n' }, ['wavs/a.wav']);
  expect(detectLayout(root)).toMatchObject({ layout: 'ljspeech' });
});

it('cells as RFC 4180 has them', () => {
  expect(csvCells('a,"b,""c""",,d')).toEqual(['a', 'b,"c"', '', 'd']);
  expect(csvCells('')).toEqual(['']);
  expect(csvCells('a,')).toEqual(['a', '']);
  expect(csvCells('"",x')).toEqual(['', 'x']);
});
