// A chunk that claims four billion entries was counted through, what stands behind the sound of an RF64 file was heard
// as noise, and the length that sox writes into a pipe was taken for damage.
import { expect, it } from 'vitest';
import { decodeWav } from '../../src/audio/wav.js';
import { sine, wavBytes } from '../audio/signals.js';

const plain = wavBytes([sine(300, 16_000, 0.1)], 16_000, 's16');
const sound = plain.subarray(44);
const chunk = (tag: string, content: Buffer, size = content.length): Buffer => {
  const head = Buffer.alloc(8);
  head.write(tag, 'latin1');
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
};
const file = (container: string, ...chunks: Buffer[]): Buffer => {
  const body = Buffer.concat([Buffer.from('WAVE'), ...chunks]);
  return Buffer.concat([chunk(container, body, container === 'RIFF' ? body.length : 0xffffffff)]);
};
const format = chunk('fmt ', plain.subarray(20, 36));
const noise = chunk('LIST', Buffer.from(Array.from({ length: 999 }, (_, i) => (i * 97) % 256)));
const heard = (bytes: Buffer): { samples: number; warning: string | undefined; same: boolean } => {
  const audio = decodeWav(bytes, '"x.wav"')!;
  const right = decodeWav(plain, '"x.wav"')!;
  return {
    samples: audio.samples.length,
    warning: audio.warning,
    same: Buffer.from(audio.samples.buffer).equals(Buffer.from(right.samples.buffer)),
  };
};
const whole = { samples: 1600, warning: undefined, same: true };

it.each(['cue ', 'smpl', 'plst', 'LIST', 'fact', 'ds64', 'junk'])(
  'passes over a %s chunk of four billion entries',
  (tag) => {
    const claims = Buffer.alloc(60, 0xff);
    expect(heard(file('RIFF', format, chunk(tag, claims), chunk('data', sound), chunk(tag, claims)))).toEqual(whole);
  },
);

it.each(['RF64', 'BW64'])('%s: the sound is as long as ds64 says', (container) => {
  const sizes = Buffer.alloc(28);
  sizes.writeBigUInt64LE(BigInt(sound.length), 8);
  expect(heard(file(container, chunk('ds64', sizes), format, chunk('data', sound, 0xffffffff), noise))).toEqual(whole);
});

it.each([0x7ffff000, 0x7fffffff, 0x7fffffd7, 0x80000000, 0xffffffff, 0xfffffff0])('a pipe wrote %i', (size) => {
  expect(heard(file('RIFF', format, chunk('data', sound, size)))).toEqual(whole);
});

it('a chunk that reaches beyond the end hides the sound behind it, and an odd one is padded', () => {
  expect(
    decodeWav(file('RIFF', format, chunk('junk', Buffer.alloc(4), 4_000_000_000), chunk('data', sound)), 'x'),
  ).toBeUndefined();
  expect(heard(file('RIFF', format, chunk('junk', Buffer.alloc(7)), chunk('data', sound)))).toEqual(whole);
});

it('24 bits in an extensible format', () => {
  const s24 = wavBytes([sine(300, 16_000, 0.1)], 16_000, 's24');
  const extension = Buffer.alloc(24);
  extension.writeUInt16LE(22, 0);
  extension.writeUInt16LE(24, 2);
  extension.writeUInt16LE(1, 8);
  const head = Buffer.concat([s24.subarray(20, 36), extension]);
  head.writeUInt16LE(0xfffe, 0);
  const audio = decodeWav(file('RIFF', chunk('fmt ', head), chunk('data', s24.subarray(44))), 'x')!;
  expect(audio.samples.length).toBe(1600);
  expect(Math.abs(audio.samples[13]! / 32767 - sine(300, 16_000, 0.1)[13]!)).toBeLessThan(4e-5);
});
