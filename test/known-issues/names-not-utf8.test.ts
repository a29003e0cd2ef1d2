// Files whose names are Latin-1 could not be opened: their names had lost their bytes when the folder was read.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decodeAudio } from '../../src/audio/decode.js';
import { safeId } from '../../src/audio/ids.js';
import { soundFiles } from '../../src/audio/sound-files.js';
import { isRaw, nameOf, openable } from '../../src/core/file-names.js';
import { expandInputs } from '../../src/transcribe/inputs.js';
import { sine, wavBytes } from '../audio/signals.js';
import { temporaryFolder } from '../temporary-folder.js';

it('names come back as their bytes', () => {
  for (const hex of ['63616661', '636166e9', 'e9', 'c3a9e9c3', 'f09d849eff', 'eda080', 'e282', '80']) {
    const bytes = Buffer.from(hex, 'hex');
    const name = nameOf(bytes);
    expect(Buffer.from(openable(JSON.parse(JSON.stringify(name)) as string) as string).toString('hex')).toBe(hex);
    expect(isRaw(name)).toBe(bytes.toString().includes('\uFFFD'));
  }
  expect(safeId(nameOf(Buffer.from('caf\xe9 1', 'latin1')))).toBe('caf%E9_1');
});

// macOS and Windows have no such names.
it.skipIf(process.platform !== 'linux')('files with such names are found and opened', async () => {
  const folder = await temporaryFolder();
  const wav = wavBytes([sine(300, 16_000, 0.1)], 16_000, 's16');
  for (const name of ['ma\xf1ana', 'ma\xf2ana'])
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(`${name}.wav`, 'latin1')]), wav);
  const lengths: number[] = [];
  for await (const { path } of soundFiles(folder)) lengths.push((await decodeAudio(path)).samples.length);
  expect(lengths).toEqual([1600, 1600]);
  expect(await expandInputs([join(folder, 'ma\uFFFDana.wav')])).toHaveLength(2); // as Node hands on arguments
});
