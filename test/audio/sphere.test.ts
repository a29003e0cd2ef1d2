// SPHERE headers and codings against bytes written by hand from the format's description.
import { describe, expect, it } from 'vitest';
import { decodeSphere, looksLikeSphere, readSphereHeader } from '../../src/audio/sphere.js';

function file(fields: string, samples: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(1024 + samples.length);
  bytes.write(`NIST_1A\n   1024\n${fields}end_head\n`, 0, 'latin1');
  bytes.set(samples, 1024);
  return bytes;
}

describe('SPHERE', () => {
  it('header: types, strings with spaces, comments', () => {
    const head = readSphereHeader(
      file(
        '; a comment\nspeaker_id -s8 two word\nchannel_count -i 2\nsample_rate -i 8000\nsample_count -i ' +
          '7\nsample_max -r 0.5\nsample_n_bytes -i 2\nsample_byte_format -s2 10\n',
        new Uint8Array(4),
      ),
      'x',
    );
    expect(head).toEqual({
      bytes: 1024,
      rate: 8000,
      channels: 2,
      sampleBytes: 2,
      coding: 'pcm',
      bigEndian: true,
      samples: 7,
    });
    expect(looksLikeSphere(Buffer.from('RIFF1234WAVE'))).toBe(false);
  });

  it('averages the channels of linear samples', () => {
    const audio = decodeSphere(
      file(
        'channel_count -i 2\nsample_rate -i 16000\nsample_n_bytes -i 2\nsample_byte_format -s2 10\n',
        Uint8Array.of(0x40, 0, 0, 0, 0xc0, 0, 0xc0, 0),
      ),
      'x',
    )!;
    expect([...audio.samples]).toEqual([Math.round(0.25 * 32767), Math.round(-0.5 * 32767)]);
    expect(audio.sourceChannels).toBe(2);
  });

  it('mu-law: the ends and the middle of G.711, table 2a', () => {
    const codes = Uint8Array.of(0xff, 0x7f, 0x80, 0x00, 0x8f, 0xf0);
    const audio = decodeSphere(
      file('channel_count -i 1\nsample_rate -i 16000\nsample_n_bytes -i 1\nsample_coding -s4 ulaw\n', codes),
      'x',
    )!;
    // 14-bit values of the standard times 4.
    const standard = [0, 0, 8031, -8031, 4191, 30];
    for (const [i, value] of [...audio.samples].entries())
      expect(((value / 32767) * 32768) / 4).toBeCloseTo(standard[i]!, 0);
  });

  it('leaves A-law to ffmpeg, and refuses a rate that cannot be', () => {
    expect(decodeSphere(file('sample_rate -i 8000\nsample_coding -s4 alaw\n', new Uint8Array(8)), 'x')).toBeUndefined();
    expect(() => decodeSphere(file('sample_n_bytes -i 2\n', new Uint8Array(8)), 'x')).toThrow(/rate of NaN Hz/);
  });
});
