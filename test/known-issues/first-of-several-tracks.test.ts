// Of a film with its sound in two languages the first was transcribed, and nothing said that there is another.
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decodeToGrid, streamAudio } from '../../src/audio/decode.js';
import { findFfmpeg } from '../../src/audio/ffmpeg-program.js';
import { amplitudeAt, sine, wavBytes } from '../audio/signals.js';
import { temporaryFolder } from '../temporary-folder.js';

it('says that a file has more tracks of sound than the first', async () => {
  const folder = await temporaryFolder();
  const ffmpeg = await findFfmpeg();
  const inputs: string[] = [];
  for (const hertz of [500, 1500]) {
    inputs.push(join(folder, `${hertz}.wav`));
    await writeFile(inputs.at(-1) as string, wavBytes([sine(hertz, 16_000, 0.5)], 16_000, 's16'));
  }
  const make = (name: string, ...maps: string[]): string => {
    const out = join(folder, name);
    const given = ['-v', 'error', ...inputs.flatMap((input) => ['-i', input]), ...maps.flatMap((map) => ['-map', map])];
    execFileSync(ffmpeg, [...given, '-c:a', 'flac', out]);
    return out;
  };
  const two = make('two.mka', '0:a', '1:a');
  const audio = await decodeToGrid(two);
  expect(audio.warning).toBeUndefined();
  expect(audio.note).toBe('sound is the first of 2 tracks');
  expect(amplitudeAt(audio.samples, 500)).toBeGreaterThan(1000);
  expect(amplitudeAt(audio.samples, 1500)).toBeLessThan(100);
  const pieces = streamAudio(two);
  let last = await pieces.next();
  while (!last.done) last = await pieces.next();
  expect(last.value).toBe('sound is the first of 2 tracks');
  const one = await decodeToGrid(make('one.mka', '1:a'));
  expect([one.note, one.warning]).toEqual([undefined, undefined]);
});
