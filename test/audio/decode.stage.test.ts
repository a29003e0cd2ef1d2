// Real files of every common format, made by ffmpeg in a temporary folder; and the bad ones.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync, copyFileSync, chmodSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeAudio } from '../../src/audio/decode.js';
import { findFfmpeg } from '../../src/audio/ffmpeg-program.js';
import { amplitudeAt, rms, sine, wavBytes } from './signals.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-decode-'));
const fixtures = join(import.meta.dirname, '../../audio');
let ffmpeg: string;

beforeAll(async () => {
  ffmpeg = await findFfmpeg();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const at = (name: string): string => join(folder, name);

/** Two seconds of 1 kHz at amplitude 0.5 in every channel. */
function make(name: string, rate: number, channels: number, ...codec: string[]): string {
  const expression = Array.from({ length: channels }, () => '0.5*sin(2*PI*1000*t)').join('|');
  const layout = ({ 1: 'mono', 2: 'stereo', 6: '5.1' } as Record<number, string>)[channels]!;
  execFileSync(ffmpeg, [
    '-v',
    'error',
    '-y',
    '-f',
    'lavfi',
    '-i',
    `aevalsrc=${expression}:s=${rate}:d=2:c=${layout}`,
    ...codec,
    at(name),
  ]);
  return at(name);
}

const formats: [string, number, number, string[]][] = [
  ['a-8k.wav', 8000, 1, []],
  ['b-44k.wav', 44_100, 2, []],
  ['c-96k.wav', 96_000, 2, ['-c:a', 'pcm_s24le']],
  ['d-5.1.wav', 48_000, 6, []],
  ['e-float.wav', 22_050, 1, ['-c:a', 'pcm_f32le']],
  ['f-alaw.wav', 16_000, 1, ['-c:a', 'pcm_alaw']],
  ['g-adpcm.wav', 16_000, 1, ['-c:a', 'adpcm_ima_wav']],
  ['h-8k.flac', 8000, 1, []],
  ['i-96k.flac', 96_000, 2, []],
  ['j-5.1.flac', 48_000, 6, []],
  ['k-16k.mp3', 16_000, 1, []],
  ['l-44k.mp3', 44_100, 2, []],
  ['m.ogg', 44_100, 2, ['-c:a', 'libvorbis']],
  ['n.opus', 48_000, 1, []],
  ['o-5.1.opus', 48_000, 6, ['-mapping_family', '1']],
  ['p.m4a', 44_100, 2, []],
  ['q-5.1.m4a', 48_000, 6, []],
  ['r.webm', 48_000, 2, ['-c:a', 'libopus']],
];

describe('decodeAudio on every format', () => {
  it.each(formats)('%s: %d Hz, %d channels', async (name, rate, channels, codec) => {
    const { samples, sourceRate, sourceChannels, warning } = await decodeAudio(make(name, rate, channels, ...codec));
    expect({ sourceRate, sourceChannels, warning }).toEqual({
      sourceRate: rate,
      sourceChannels: channels,
      warning: undefined,
    });
    // mp3 and aac without gapless headers may add a frame of silence at an end.
    expect(Math.abs(samples.length - 32_000)).toBeLessThan(1500);
    const middle = samples.subarray(8000, 24_000);
    // Lossy codecs leave no 1 kHz in the bass channel, which counts as one of six in the average.
    const level = 0.5 * (/5\.1\.(opus|m4a)/.test(name) ? 5 / 6 : 1);
    expect(rms(middle)).toBeGreaterThan(level * Math.SQRT1_2 * 0.94);
    expect(rms(middle)).toBeLessThan(level * Math.SQRT1_2 * 1.06);
    expect(amplitudeAt(middle, 1000)).toBeGreaterThan(level * 0.94);
  });

  it('gives samples on the 16-bit grid', async () => {
    for (const name of ['bursts.wav', 'bursts-stereo-44k.mp3']) {
      const { samples } = await decodeAudio(join(fixtures, name));
      expect(samples.every((x) => Math.abs(x * 32767 - Math.round(x * 32767)) < 1e-2)).toBe(true);
    }
  });

  it('decodes wav and flac to the same samples', async () => {
    const wav = await decodeAudio(join(fixtures, 'bursts.wav'));
    const flac = await decodeAudio(join(fixtures, 'bursts.flac'));
    expect(flac.samples).toEqual(wav.samples);
  });

  /** Lossless, and nothing that is read without ffmpeg. */
  function forFfmpeg(name: string): void {
    if (!existsSync(at('bursts.caf')))
      execFileSync(ffmpeg, ['-v', 'error', '-i', join(fixtures, 'bursts.flac'), at('bursts.caf')]);
    copyFileSync(at('bursts.caf'), at(name));
  }

  it.each([
    'with space.caf',
    '-i.caf',
    'quote\'s "double".caf',
    'new\nline.caf',
    'a:b.caf',
    'pipe:0',
    '%03d.caf',
    'ünïcödé 語.caf',
  ])('opens %j', async (name) => {
    forFfmpeg(name);
    expect((await decodeAudio(at(name))).samples.length).toBe(51_200);
  });

  it('opens a name beginning with a dash by a relative path', async () => {
    const before = process.cwd();
    forFfmpeg('-version.caf');
    process.chdir(folder);
    try {
      expect((await decodeAudio('-version.caf')).samples.length).toBe(51_200);
    } finally {
      process.chdir(before);
    }
  });
});

describe('decodeAudio on bad input', () => {
  const bad = (name: string, bytes: string | Buffer): string => {
    writeFileSync(at(name), bytes);
    return at(name);
  };
  const rejects = (path: string, code: string, message: string): Promise<void> =>
    expect(decodeAudio(path)).rejects.toMatchObject({
      name: 'AsrError',
      code,
      message: expect.stringContaining(message),
    });

  it('names an empty file', () => rejects(bad('empty.wav', ''), 'input', 'empty.wav": the file is empty'));
  it('names a text file with a wav name', () =>
    rejects(bad('text.wav', 'dear diary\n'.repeat(500)), 'input', 'text.wav": ffmpeg finds no sound in it'));
  it('names a text file with an mp3 name', () =>
    rejects(bad('text.mp3', 'dear diary\n'.repeat(500)), 'input', 'text.mp3": ffmpeg finds no sound in it'));
  it('names a wav without samples', () =>
    rejects(bad('none.wav', wavBytes([[]], 16_000, 's16')), 'input', 'none.wav": holds 0 samples'));
  it('names NaN', () =>
    rejects(bad('nan.wav', wavBytes([[0, NaN]], 44_100, 'f32')), 'input', 'nan.wav": 1 samples are NaN or infinite'));
  it('names a vanished file', () => rejects(at('gone.flac'), 'io', 'gone.flac: no such file'));
  it('names a folder', async () => {
    mkdirSync(at('folder.wav'));
    await rejects(at('folder.wav'), 'input', 'this is a folder');
  });
  it.skipIf(process.getuid?.() === 0)('names a file it may not read', async () => {
    chmodSync(bad('secret.wav', 'x'), 0);
    await rejects(at('secret.wav'), 'io', 'no permission');
  });
  it('names a file that holds no sound but pictures', () => {
    execFileSync(ffmpeg, [
      '-v',
      'error',
      '-y',
      '-f',
      'lavfi',
      '-i',
      'testsrc=d=0.2:s=64x64',
      '-an',
      at('silent-film.mkv'),
    ]);
    return rejects(at('silent-film.mkv'), 'input', 'ffmpeg finds no sound in it');
  });
  it('fetches nothing that a playlist names', () =>
    rejects(
      bad('list.mp3', '#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n'),
      'input',
      'ffmpeg finds no sound',
    ));

  it('decodes a truncated wav, flac and mp3 as far as they go', async () => {
    const wav = wavBytes([sine(500, 44_100, 2)], 44_100, 's16');
    const cut = await decodeAudio(bad('cut.wav', wav.subarray(0, 44 + 44_100)));
    expect(cut.warning).toContain('cut short');
    expect(cut.samples.length).toBe(8000);
    for (const name of ['cut.flac', 'cut.mp3']) {
      make(`whole-${name}`, 44_100, 1);
      const whole = execFileSync('cat', [at(`whole-${name}`)]);
      const { samples } = await decodeAudio(bad(name, whole.subarray(0, whole.length / 2)));
      expect(samples.length).toBeGreaterThan(8000);
      expect(samples.length).toBeLessThan(24_000);
    }
  });
});

describe('ffmpeg missing', () => {
  const nothing = (): Promise<string> => Promise.reject(new Error('not installed'));
  it('says how to install it', () =>
    expect(findFfmpeg({ folders: [folder, ''], packaged: nothing })).rejects.toMatchObject({
      code: 'dependency',
      hint: expect.stringMatching(/npm install @ffmpeg-(binary|installer)\//),
    }));
  it('prefers the given one, then the system, then npm', async () => {
    writeFileSync(at('ffmpeg'), '#!/bin/sh\n', { mode: 0o755 });
    expect(await findFfmpeg({ folders: [folder], packaged: () => Promise.resolve(ffmpeg) })).toBe(at('ffmpeg'));
    expect(await findFfmpeg({ given: ffmpeg, folders: [folder], packaged: nothing })).toBe(ffmpeg);
    expect(await findFfmpeg({ folders: [], packaged: () => Promise.resolve(ffmpeg) })).toBe(ffmpeg);
    await expect(findFfmpeg({ given: at('nope'), folders: [folder], packaged: nothing })).rejects.toMatchObject({
      code: 'dependency',
    });
  });
  it(
    'decodes wav and flac all the same; others and a broken ffmpeg are a dependency ' +
      'error; a text file named .wav costs itself only',
    async () => {
      const before = process.env.FFMPEG_PATH;
      process.env.FFMPEG_PATH = at('missing-ffmpeg');
      try {
        expect((await decodeAudio(join(fixtures, 'bursts.wav'))).samples.length).toBe(51_200);
        expect((await decodeAudio(join(fixtures, 'bursts.flac'))).samples.length).toBe(51_200);
        writeFileSync(at('any.mp3'), Buffer.alloc(5000, 0xff));
        await expect(decodeAudio(at('any.mp3'))).rejects.toMatchObject({ code: 'dependency' });
        writeFileSync(at('text2.wav'), 'dear diary');
        await expect(decodeAudio(at('text2.wav'))).rejects.toMatchObject({
          code: 'input',
          message: expect.stringContaining('not a wav file'),
        });
      } finally {
        if (before === undefined) delete process.env.FFMPEG_PATH;
        else process.env.FFMPEG_PATH = before;
      }
    },
  );
});
