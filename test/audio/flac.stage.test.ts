// FLAC without ffmpeg against ffmpeg's own decoder: every depth, rate and channel count; and files that are left to it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeWithFfmpeg } from '../../src/audio/ffmpeg.js';
import { findFfmpeg } from '../../src/audio/ffmpeg-program.js';
import { decodeFlac, looksLikeFlac } from '../../src/audio/flac.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-flac-'));
let ffmpeg: string;
beforeAll(async () => {
  ffmpeg = await findFfmpeg();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Three seconds of noise, a new one in each channel, up to nine tenths of full scale. */
function make(name: string, rate: number, channels: number, format: readonly string[]): string {
  const path = join(folder, `${name}.flac`);
  const noise = ['-f', 'lavfi', '-i', `anoisesrc=d=3:a=0.9:r=${rate}:seed=7`];
  execFileSync(ffmpeg, ['-v', 'error', '-y', ...noise, '-ac', String(channels), ...format, path]);
  return path;
}

const sixteen = ['-sample_fmt', 's16'];
const twentyFour = ['-sample_fmt', 's32', '-bits_per_raw_sample', '24'];
const cases: [string, number, number, string[]][] = [
  ['16 bits, 16 kHz', 16_000, 1, sixteen],
  ['16 bits, 44.1 kHz, stereo', 44_100, 2, sixteen],
  ['24 bits, 96 kHz', 96_000, 1, twentyFour],
  ['24 bits, 48 kHz, 5.1', 48_000, 6, twentyFour],
  ['large blocks, 8 kHz', 8000, 1, [...sixteen, '-frame_size', '16384']],
];

describe('decodeFlac', () => {
  it.each(cases)('%s: the samples of ffmpeg', async (name, rate, channels, format) => {
    const path = make(name, rate, channels, format);
    const audio = await decodeFlac(readFileSync(path), path);
    const { samples, sourceRate, sourceChannels } = await decodeWithFfmpeg(path, path);
    expect([audio?.sourceRate, audio?.sourceChannels]).toEqual([rate, channels]);
    expect([sourceRate, sourceChannels]).toEqual([rate, channels]);
    expect(samples.length).toBe(48_000);
    expect(audio?.samples).toEqual(samples);
  });

  it('takes one channel of several, as ffmpeg does', async () => {
    const path = make('two', 16_000, 2, sixteen);
    const [first, second] = [{ channel: 0 }, { channel: 5 }];
    expect((await decodeFlac(readFileSync(path), path, first))?.samples).toEqual(
      (await decodeWithFfmpeg(path, path, first)).samples,
    );
    await expect(decodeFlac(readFileSync(path), path, second)).rejects.toThrow('channel 6 is wanted, but it has 2');
  });

  it('leaves to ffmpeg what is cut, damaged, without a length, or another format', async () => {
    const whole = readFileSync(make('whole', 16_000, 1, sixteen));
    const changed = (change: (bytes: Buffer) => void): Buffer => {
      const bytes = Buffer.from(whole);
      change(bytes);
      return bytes;
    };
    const wrong = [
      whole.subarray(0, whole.length >> 1),
      whole.subarray(0, 30),
      changed((bytes) => (bytes[bytes.length >> 1]! ^= 0xff)),
      changed((bytes) => bytes.fill(0, 21, 26).writeUInt8(0xf0, 21)), // 16 bits, of unknown length
      changed((bytes) => bytes.writeUInt8(0x1f, 18)), // another rate than its frames have
      Buffer.concat([Buffer.from('fLaC'), Buffer.alloc(1000, 7)]),
    ];
    for (const bytes of wrong) {
      expect(looksLikeFlac(bytes)).toBe(true);
      expect(await decodeFlac(bytes, 'x.flac')).toBeUndefined();
    }
    writeFileSync(join(folder, 'piped.flac'), wrong[3]!);
    expect((await decodeWithFfmpeg(join(folder, 'piped.flac'), 'x')).samples.length).toBe(48_000);
    expect(looksLikeFlac(Buffer.from('RIFF'))).toBe(false);
  });
});
