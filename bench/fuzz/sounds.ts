// Sound files: those that are read here (wav of every kind, SPHERE), and some that go through ffmpeg.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeAudio, streamAudio } from '../../src/audio/decode.js';
import type { Rng } from '../../src/core/rng.js';
import { wavBytes, type WavKind } from '../../test/audio/signals.js';
import { drain, type Target } from './target.js';

const tone = Float32Array.from({ length: 1600 }, (_, i) => 0.3 * Math.sin(i / 7));
const kinds: readonly WavKind[] = ['u8', 's16', 's24', 's32', 'f32', 'f64'];

function wav(rng: Rng): Buffer {
  const good = wavBytes(
    rng.uniform() < 0.3 ? [tone, tone] : [tone],
    [8000, 16_000, 44_100][rng.integer(3)]!,
    kinds[rng.integer(kinds.length)]!,
  );
  if (rng.uniform() < 0.7) return good;
  const list = Buffer.from('LIST\x1a\0\0\0INFOISFT\x0e\0\0\0Lavf60.3.100\0\0', 'latin1');
  return Buffer.concat([good.subarray(0, 36), list, good.subarray(36)]);
}

function sphere(): Buffer {
  const head = [
    'NIST_1A',
    '   1024',
    'channel_count -i 1',
    'sample_count -i 1600',
    'sample_rate -i 16000',
    'sample_n_bytes -i 2',
    'sample_byte_format -s2 01',
    'sample_coding -s3 pcm',
    'end_head',
    '',
  ].join('\n');
  return Buffer.concat([
    Buffer.from(head.padEnd(1024, ' ')),
    Buffer.from(Int16Array.from(tone, (x) => x * 30_000).buffer),
  ]);
}

function au(): Buffer {
  const bytes = Buffer.alloc(24 + 3200);
  bytes.write('.snd', 0);
  [24, 3200, 3, 16_000, 1].forEach((value, i) => bytes.writeUInt32BE(value, 4 + 4 * i));
  tone.forEach((x, i) => bytes.writeInt16BE(Math.round(x * 30_000), 24 + 2 * i));
  return bytes;
}

const own: Target = {
  name: 'sound (wav, SPHERE)',
  share: 12,
  async prepare(folder, rng, damage) {
    const isWav = rng.uniform() < 0.8;
    const path = join(folder, isWav ? 'a.wav' : 'a.sph');
    await writeFile(path, damage.bytes(isWav ? wav(rng) : sphere(), rng));
    return rng.uniform() < 0.7 ? async () => void (await decodeAudio(path)) : () => drain(streamAudio(path));
  },
};

const byFfmpeg: Target = {
  name: 'sound (ffmpeg)',
  share: 1,
  async prepare(folder, rng, damage) {
    const path = join(folder, ['a.au', 'a.mp3', 'a.flac', 'a'][rng.integer(4)]!);
    await writeFile(path, damage.bytes(au(), rng));
    return async () => void (await decodeAudio(path));
  },
};

export const soundTargets: readonly Target[] = [own, byFfmpeg];
