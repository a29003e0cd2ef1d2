// Transcribing real files and streams with a small model: the same phones however the sound comes, times that fit, long
// recordings, aborts, bad input, and model folders that are not what they were.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeAudio, streamAudio } from '../../src/audio/decode.js';
import { findFfmpeg } from '../../src/audio/ffmpeg-program.js';
import { promisedSeconds } from '../../src/audio/ffmpeg.js';
import { loadModel, type Model } from '../../src/transcribe/model.js';
import { transcribe, transcribeStream } from '../../src/transcribe/transcribe.js';
import { wavBytes } from '../audio/signals.js';
import { babble, makeSmallModel, phones } from './small-model.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-transcribe-'));
const at = (name: string): string => join(folder, name);
const sound = babble(12);
let model: Model;

beforeAll(async () => {
  await makeSmallModel(at('model'));
  model = await loadModel(at('model'));
  writeFileSync(at('sound.wav'), wavBytes([sound], 16_000, 's16'));
});
afterAll(async () => {
  await model.dispose();
  rmSync(folder, { recursive: true });
});

async function* pieces(samples: Float32Array, size: number): AsyncGenerator<Float32Array> {
  for (let from = 0; from < samples.length; from += size) yield samples.subarray(from, from + size);
}

describe('transcribe', () => {
  it('gives phones of the model with times inside the recording', async () => {
    const { phones: found, seconds, file, words } = await transcribe(model, at('sound.wav'));
    expect({ seconds, file, words }).toEqual({ seconds: 12, file: at('sound.wav'), words: undefined });
    expect(found.length).toBeGreaterThan(30);
    for (const [i, { phone, start, end }] of found.entries()) {
      expect(phones).toContain(phone);
      expect(phone).not.toBe('<SIL>');
      expect(end).toBeGreaterThan(start);
      expect(start).toBeGreaterThanOrEqual(found[i - 1]?.end ?? 0);
      expect(end).toBeLessThanOrEqual(12);
    }
  });

  it('hears the same in a file, in samples and in a stream of them', async () => {
    const file = await transcribe(model, at('sound.wav'));
    // Samples of the file, which s16 has rounded.
    const { samples } = await decodeAudio(at('sound.wav'));
    expect((await transcribe(model, samples)).phones).toEqual(file.phones);
    expect(await transcribe(model, pieces(samples, 777), { name: 'microphone' })).toEqual({
      ...file,
      file: 'microphone',
    });
  });

  it('resamples and averages samples like those of a file', async () => {
    const stereo = new Float32Array(2 * 48_000 * 3).map(
      (_, i) => 0.4 * Math.sin((2 * Math.PI * (300 + 100 * Math.floor(i / 30_000)) * Math.floor(i / 2)) / 48_000),
    );
    writeFileSync(
      at('stereo.wav'),
      wavBytes([stereo.filter((_, i) => i % 2 === 0), stereo.filter((_, i) => i % 2 === 1)], 48_000, 'f32'),
    );
    const fromFile = await transcribe(model, at('stereo.wav'));
    const fromStream = await transcribe(model, pieces(stereo, 9600), { sampleRate: 48_000, channels: 2 });
    expect(fromStream.phones).toEqual(fromFile.phones);
    expect(fromStream.seconds).toBe(3);
  });

  it('goes through a long recording in blocks, to the end and with times of the whole', async () => {
    const long = babble(1000, 2);
    const seconds: number[] = [];
    let last = 0;
    let count = 0;
    const utterances = transcribeStream(model, pieces(long, 50_000), { onProgress: (done) => seconds.push(done) });
    for await (const { start, end, phones: found } of utterances) {
      expect(start).toBeGreaterThanOrEqual(last);
      for (const phone of found) {
        expect(phone.start).toBeGreaterThanOrEqual(start);
        expect(phone.end).toBeLessThanOrEqual(end + 0.001);
      }
      last = end;
      count += found.length;
    }
    expect(last).toBeGreaterThan(995);
    expect(count).toBeGreaterThan(3000);
    expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
    expect(seconds.at(-1)).toBe(1000);
  });

  it('finds nothing in silence', async () => {
    writeFileSync(at('silent.wav'), wavBytes([new Float32Array(32_000)], 16_000, 's16'));
    expect(await transcribe(model, at('silent.wav'))).toMatchObject({ seconds: 2, phones: [] });
  });

  it('tells that a file was cut short, and transcribes what is there', async () => {
    writeFileSync(at('cut.wav'), readFileSync(at('sound.wav')).subarray(0, 44 + 2 * 96_000));
    const { warning, seconds, phones: found } = await transcribe(model, at('cut.wav'));
    expect(warning).toMatch(/cut short/);
    expect(seconds).toBe(6);
    expect(found.length).toBeGreaterThan(10);
  });

  it('stops when it is told to', async () => {
    await expect(transcribe(model, sound, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    const controller = new AbortController();
    const utterances = transcribeStream(model, pieces(babble(100), 16_000), { signal: controller.signal });
    await utterances.next();
    controller.abort(new Error('enough'));
    await expect(
      (async () => {
        for await (const _ of utterances) expect(_).toBeDefined();
      })(),
    ).rejects.toThrow('enough');
  });

  it.each([
    ['nothing', new Float32Array(0), /holds 0 samples/],
    ['NaN', Float32Array.of(0, 0.5, Number.NaN), /1 samples are NaN/],
  ])('refuses samples with %s', async (_, samples, message) => {
    await expect(transcribe(model, samples)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(message),
    });
  });
});

describe('streamAudio', () => {
  let ffmpeg: string;
  beforeAll(async () => {
    ffmpeg = await findFfmpeg();
  });

  const collect = async (path: string): Promise<{ samples: Buffer; most: number; warning: string | undefined }> => {
    const stream = streamAudio(path);
    const parts: Buffer[] = [];
    for (;;) {
      const { done, value } = await stream.next();
      if (done)
        return {
          samples: Buffer.concat(parts),
          most: Math.max(...parts.map(({ length }) => length / 4)),
          warning: value,
        };
      parts.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    }
  };

  it.each([
    ['a.flac', []],
    ['b.mp3', []],
    ['c.webm', ['-c:a', 'libopus']],
    ['d.wav', ['-ar', '44100', '-c:a', 'pcm_s24le']],
  ])('gives the samples of decodeAudio: %s', async (name, codec) => {
    execFileSync(ffmpeg, ['-v', 'error', '-y', '-i', at('sound.wav'), ...codec, at(name)]);
    const { samples } = await decodeAudio(at(name));
    expect((await collect(at(name))).samples.equals(Buffer.from(samples.buffer))).toBe(true);
  });

  it('reads the sound of a video', async () => {
    execFileSync(ffmpeg, [
      '-v',
      'error',
      '-y',
      '-f',
      'lavfi',
      '-i',
      'testsrc=d=12:s=64x64:r=5',
      '-i',
      at('sound.wav'),
      '-c:v',
      'mpeg4',
      '-c:a',
      'aac',
      '-shortest',
      at('video.mp4'),
    ]);
    expect(Math.abs((await collect(at('video.mp4'))).samples.length / 4 - 192_000)).toBeLessThan(4000);
    expect(Math.abs((await promisedSeconds(at('video.mp4')))! - 12)).toBeLessThan(0.2);
  });

  it('streams a large wav in small pieces, to the samples of the file', async () => {
    const long = babble(660, 3);
    writeFileSync(at('large.wav'), wavBytes([long], 16_000, 's16'));
    const { samples, most } = await collect(at('large.wav'));
    expect(most).toBeLessThan(1 << 20);
    expect(samples.equals(Buffer.from((await decodeAudio(at('large.wav'))).samples.buffer))).toBe(true);
  });

  it('ends ffmpeg when the reader leaves or aborts', async () => {
    for await (const piece of streamAudio(at('large.wav'))) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    const controller = new AbortController();
    await expect(
      (async () => {
        for await (const piece of streamAudio(at('large.wav'), controller.signal)) {
          expect(piece.length).toBeGreaterThan(0);
          controller.abort(new Error('enough'));
        }
      })(),
    ).rejects.toThrow('enough');
  });

  it('names an unknown length by undefined', async () => {
    expect(await promisedSeconds(at('nothing here'))).toBeUndefined();
  });
});

describe('a model folder', () => {
  const broken = (change: (path: string) => void): string => {
    const copy = mkdtempSync(join(folder, 'broken-'));
    cpSync(at('model'), copy, { recursive: true });
    change(copy);
    return copy;
  };
  const flip =
    (file: string) =>
    (copy: string): void => {
      const bytes = readFileSync(join(copy, file));
      bytes[Math.floor(bytes.length / 2)]! ^= 1;
      writeFileSync(join(copy, file), bytes);
    };
  const edit =
    (change: (record: Record<string, unknown>) => void) =>
    (copy: string): void => {
      const path = join(copy, 'model.json');
      const record = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
      change(record);
      writeFileSync(path, JSON.stringify(record));
    };

  it.each<[string, (copy: string) => void, RegExp]>([
    ['a flipped bit in an array', flip('emission/table.npy'), /table\.npy: the file has changed/],
    [
      'a flipped bit in the settings of a part',
      flip('segments/segmenter.json'),
      /segmenter\.json: the file has changed/,
    ],
    ['a changed card', flip('README.md'), /README\.md: the file has changed/],
    [
      'a missing part',
      (copy) => {
        rmSync(join(copy, 'clusters/centroids.npy'));
      },
      /centroids\.npy: this part of the model is missing/,
    ],
    [
      'a changed setting',
      edit((record) => {
        (record['vad'] as { minSpeech: number }).minSpeech = 0.11;
      }),
      /a setting has changed/,
    ],
    [
      'a newer version',
      edit((record) => {
        record['schema'] = 99;
      }),
      /schema 99 is newer than this program understands/,
    ],
    [
      'half a record',
      (copy) => {
        writeFileSync(join(copy, 'model.json'), readFileSync(join(copy, 'model.json')).subarray(0, 200));
      },
      /not valid JSON/,
    ],
    [
      'no record',
      (copy) => {
        rmSync(join(copy, 'model.json'));
      },
      /no model here/,
    ],
  ])('with %s is refused', async (_, change, message) => {
    await expect(loadModel(broken(change))).rejects.toMatchObject({
      name: 'AsrError',
      code: 'model',
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
  });
});
