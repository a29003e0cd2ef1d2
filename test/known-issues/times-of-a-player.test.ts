// Sound that begins later than the picture, or has a gap, was joined without it: every time in transcripts and in the
// segments of Kaldi and lhotse was wrong by so much.
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { audioConfig } from '../../src/audio/config.js';
import { decodeAudio, decodeToGrid } from '../../src/audio/decode.js';
import { findFfmpeg } from '../../src/audio/ffmpeg-program.js';
import { findRecordings } from '../../src/audio/layouts.js';
import { cut } from '../../src/audio/source.js';
import { rms, sine, wavBytes } from '../audio/signals.js';
import { temporaryFolder } from '../temporary-folder.js';

let ffmpeg: string;
beforeAll(async () => {
  ffmpeg = await findFfmpeg();
});

const picture = ['-f', 'lavfi', '-i', 'color=c=black:s=16x16:r=10:d=4'];

/**
 * A tone of one second, half a second after the picture begins plus `late`; with `gap`, a second tone so much later.
 */
function container(folder: string, name: string, codecs: string[], late: number, gap?: number): string {
  const tone = join(folder, 'tone.wav');
  execFileSync(ffmpeg, [
    ...['-y', '-v', 'error', ...picture, '-itsoffset', String(late), '-i', tone],
    ...(gap === undefined ? [] : ['-itsoffset', String(late + gap), '-i', tone]),
    ...['-map', '0:v', '-map', '1:a', '-c:v', 'mpeg4', ...codecs],
    join(folder, name),
  ]);
  return join(folder, name);
}

/** Seconds at which sound begins and ends. */
function span(samples: Float32Array): [number, number] {
  const loud = (at: number): boolean => rms(samples.subarray(at, at + 160)) > 0.1;
  let first = 0;
  while (first < samples.length && !loud(first)) first += 160;
  let last = samples.length - 160;
  while (last > 0 && !loud(last)) last -= 160;
  return [first / 16_000, (last + 160) / 16_000];
}

describe('sound that begins late', () => {
  it.each([
    ['late.mkv', ['-c:a', 'pcm_s16le']],
    ['late.mka.mkv', ['-c:a', 'flac']],
    ['late.mp4', ['-c:a', 'aac']],
    ['late.mov', ['-c:a', 'pcm_s16le']],
    // Clocks that may jump: ffmpeg counts from the first stream that is asked for.
    ['late.ts', ['-c:a', 'mp2']],
    ['late.mpg', ['-c:v', 'mpeg1video', '-r', '25', '-c:a', 'mp2', '-ar', '32000']],
  ])('%s', async (name, codecs) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'tone.wav'), wavBytes([sine(500, 16_000, 1)], 16_000, 's16'));
    const [begin, end] = span((await decodeAudio(container(folder, name, codecs, 1.5))).samples);
    expect(Math.abs(begin - 1.5)).toBeLessThan(0.06);
    expect(Math.abs(end - 2.5)).toBeLessThan(0.06);
  });

  it('keeps the sound of a file whose picture cannot be copied', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'tone.wav'), wavBytes([sine(500, 16_000, 1)], 16_000, 's16'));
    const bytes = await readFile(container(folder, 'whole.avi', ['-c:a', 'pcm_s16le'], 0));
    // The header's list of streams names a picture of 0 by 0 in no known code.
    const at = bytes.indexOf('strf') + 8;
    bytes.fill(0, at + 4, at + 12);
    bytes.write('????', at + 16, 'latin1');
    bytes.write('????', bytes.indexOf('vids') + 4, 'latin1');
    await writeFile(join(folder, 'odd.avi'), bytes);
    const { samples } = await decodeAudio(join(folder, 'odd.avi'));
    expect(rms(samples.subarray(1600, 14_400))).toBeGreaterThan(0.3);
  });

  it('sound alone begins at once', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'tone.wav'), wavBytes([sine(500, 16_000, 1)], 16_000, 's16'));
    for (const name of ['tone.flac', 'tone.mka', 'tone.m4a', 'tone.aiff']) {
      execFileSync(ffmpeg, ['-v', 'error', '-i', join(folder, 'tone.wav'), join(folder, name)]);
      expect(Math.abs(span((await decodeAudio(join(folder, name))).samples)[0])).toBeLessThan(0.06);
    }
  });
});

it('a gap is silence of its length, and Kaldi segments and lhotse supervisions count it', async () => {
  const data = await temporaryFolder();
  await writeFile(join(data, 'tone.wav'), wavBytes([sine(500, 16_000, 1)], 16_000, 's16'));
  // Packets between 1 and 3 s are dropped, as a broken connection does.
  const long = join(data, 'long.wav');
  await writeFile(long, wavBytes([sine(500, 16_000, 4)], 16_000, 's16'));
  execFileSync(ffmpeg, [
    ...['-v', 'error', '-i', long, '-af', "aselect='not(between(t,1,3))'", '-c:a', 'pcm_s16le'],
    join(data, 'gap.mka'),
  ]);
  const { samples } = await decodeAudio(join(data, 'gap.mka'));
  expect(Math.abs(samples.length / 16_000 - 4)).toBeLessThan(0.1);
  expect(rms(samples.subarray(1.2 * 16_000, 2.8 * 16_000))).toBeLessThan(0.001);
  expect(rms(samples.subarray(3.3 * 16_000, 3.8 * 16_000))).toBeGreaterThan(0.3);
  await mkdir(join(data, 'm'));
  await writeFile(join(data, 'm', 'wav.scp'), 'r gap.mka\n');
  await writeFile(join(data, 'm', 'segments'), 'a r 0.2 0.8\nb r 1.2 2.8\nc r 3.3 3.8\n');
  await writeFile(
    join(data, 'm', 'recordings.jsonl'),
    '{"id":"r","sources":[{"type":"file","channels":[0],"source":"gap.mka"}]}\n',
  );
  await writeFile(
    join(data, 'm', 'supervisions.jsonl'),
    [0.2, 1.2, 3.3]
      .map((start, i) => JSON.stringify({ id: 'abc'[i], recording_id: 'r', start, duration: 0.5 }))
      .join('\n'),
  );
  for (const layout of ['kaldi', 'lhotse'] as const) {
    const loud: string[] = [];
    for await (const found of findRecordings(audioConfig.parse({ layout, dir: 'm' }), data)) {
      const part = 'path' in found ? cut(await decodeToGrid(found.path, found), found) : found.problem;
      if (typeof part === 'string') throw new Error(part);
      if (rms(part.samples) > 1000) loud.push(found.id);
    }
    expect(loud).toEqual(['a', 'c']);
  }
});
