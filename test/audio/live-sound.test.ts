// Bytes of a pipe as sound: wav with and without a known length, bare samples,
// containers by ffmpeg, in pieces of any size.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeAudio } from '../../src/audio/decode.js';
import { findFfmpeg } from '../../src/audio/ffmpeg-program.js';
import { liveSound, type LiveSoundOptions } from '../../src/audio/live-sound.js';
import { wavBytes } from './signals.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-live-sound-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const tone = (seconds: number, rate: number): Float32Array =>
  Float32Array.from({ length: seconds * rate }, (_, i) => 0.4 * Math.sin((2 * Math.PI * 440 * i) / rate));

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function all(bytes: Uint8Array, size: number, options: LiveSoundOptions = {}): Promise<Float32Array> {
  const samples: number[] = [];
  for await (const piece of liveSound(cut(bytes, size), options)) samples.push(...piece);
  return Float32Array.from(samples);
}

async function ofFile(name: string, bytes: Uint8Array): Promise<Float32Array> {
  writeFileSync(join(folder, name), bytes);
  return (await decodeAudio(join(folder, name))).samples;
}

describe('liveSound', () => {
  it('reads wav as the file is read, whatever its rate, in pieces of any size', async () => {
    for (const rate of [16_000, 44_100]) {
      const bytes = wavBytes([tone(1, rate), tone(1, rate)], rate, 's16');
      const expected = await ofFile('tone.wav', bytes);
      for (const size of [1, 333, bytes.length]) expect(await all(bytes, size), `${rate} ${size}`).toEqual(expected);
    }
  });

  it('reads wav whose length nobody knew, as arecord and ffmpeg write it', async () => {
    const bytes = Buffer.from(wavBytes([tone(1, 16_000)], 16_000, 's16'));
    const expected = await ofFile('known.wav', bytes);
    for (const length of [0xffffffff, 0x80000000, 0]) {
      bytes.writeUInt32LE(length, 40);
      expect(await all(bytes, 1000)).toEqual(expected);
    }
  });

  it('reads bare samples of 16 bits, and of others where it is told', async () => {
    const samples = tone(1, 8000);
    const raw = Buffer.from(Int16Array.from(samples, (value) => Math.round(32767 * value)).buffer);
    expect((await all(raw, 777)).length).toBe(8000);
    expect((await all(raw, 777, { raw: { rate: 8000 } })).length).toBe(16_000);
    const floats = Buffer.from(Float32Array.from([...samples].flatMap((value) => [value, value])).buffer);
    expect((await all(floats, 7, { kind: 'raw', raw: { rate: 8000, channels: 2, encoding: 'f32le' } })).length).toBe(
      16_000,
    );
  });

  it('reads a container by ffmpeg', async () => {
    const ffmpeg = await findFfmpeg();
    const wav = join(folder, 'in.wav');
    writeFileSync(wav, wavBytes([tone(2, 16_000)], 16_000, 's16'));
    for (const name of ['out.flac', 'out.ogg', 'out.webm']) {
      const path = join(folder, name);
      const made = spawnSync(ffmpeg, [
        '-v',
        'error',
        '-y',
        '-i',
        wav,
        ...(name === 'out.flac' ? [] : ['-c:a', 'libopus']),
        path,
      ]);
      if (made.status !== 0) continue; // an ffmpeg without that encoder
      const found = await all(readFileSync(path), 999);
      expect(Math.abs(found.length - 32_000), name).toBeLessThan(1600);
    }
  });

  it('ends at once where it is stopped, though nothing comes', async () => {
    const stop = new AbortController();
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(32_000, 1);
      await new Promise(() => undefined);
    }
    let samples = 0;
    for await (const piece of liveSound(slow(), { signal: stop.signal })) {
      samples += piece.length;
      stop.abort();
    }
    expect(samples).toBe(16_000);
  });

  it('refuses no sound at all', async () => {
    await expect(all(Buffer.alloc(0), 1)).rejects.toMatchObject({ code: 'input' });
    await expect(all(Buffer.from('fLaC nothing of the kind'), 5)).rejects.toMatchObject({ code: 'input' });
  });
});
