// A recording's name of 250 bytes plus `.TextGrid.partial` is longer than file
// systems hold: the whole batch ended there.
import { Buffer } from 'node:buffer';
import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { folderOutput, outputStems } from '../../src/transcribe/outputs.js';
import { temporaryFolder } from '../temporary-folder.js';

const long = ['x', 'ñ', '記'].flatMap((letter) => {
  const name = letter.repeat(Math.floor(250 / Buffer.byteLength(letter)));
  return [`a/${name}.wav`, `b/${name}.wav`, `a/${name.slice(1)}.flac`];
});

it('such names are shortened, and stay apart', async () => {
  const stems = outputStems([...long, 'short.wav']);
  expect(new Set(stems.values()).size).toBe(long.length + 1);
  expect(stems.get('short.wav')).toBe('short');
  for (const stem of stems.values())
    expect(Buffer.byteLength(`${stem}.unfinished.TextGrid.partial`)).toBeLessThanOrEqual(255);
});

it('their transcripts are written', async () => {
  const folder = await temporaryFolder();
  const output = await folderOutput(folder, ['textgrid', 'json'], long);
  for (const file of long) {
    await output.write({ schema: 1, file, seconds: 1, phones: [] }, true);
    await output.write({ schema: 1, file, seconds: 1, phones: [] });
  }
  expect(await readdir(folder)).toHaveLength(2 * long.length);
});
