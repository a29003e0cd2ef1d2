// Times of phones in the recording: frames, the window's overhang and silence that was cut away.
import { describe, expect, it } from 'vitest';
import type { Region } from '../../src/core/records.js';
import type { Frames } from '../../src/core/time.js';
import { decodeConfig } from '../../src/decode/config.js';
import { createDecoder, type Decoder } from '../../src/decode/decoder.js';
import { recordingSpan, speechSampleOfFrame } from '../../src/decode/timing.js';
import { decodeUtterance } from '../../src/decode/utterance.js';

const grid = { hop: 160, window: 400 };

describe('frames to samples', () => {
  const regions: Region[] = [[1000, 3000] as Region, [10_000, 14_000] as Region]; // 2000 + 4000 samples: 36 frames
  const place = { regions, frames: 36 as Frames, ...grid };

  it('gives each frame the hop around the middle of its window, and the edges to the first and the last', () => {
    expect([0, 1, 2, 35, 36].map((frame) => speechSampleOfFrame(frame as Frames, place))).toEqual([
      0, 280, 440, 5720, 6000,
    ]);
    // The middle of window 1 is at sample 160 + 200; its hop runs from 80 before to 80 behind.
    expect((speechSampleOfFrame(1 as Frames, place) + speechSampleOfFrame(2 as Frames, place)) / 2).toBe(360);
  });

  it('maps through cut-out silence', () => {
    expect(recordingSpan(0 as Frames, 2 as Frames, place)).toEqual({ start: 1000, end: 1440 });
    expect(recordingSpan(20 as Frames, 36 as Frames, place)).toEqual({ start: 10_000 + 3320 - 2000, end: 14_000 });
  });

  it('counts a pause inside a phone in, and does not reach over a pause beside it', () => {
    expect(recordingSpan(11 as Frames, 12 as Frames, place)).toEqual({ start: 2880, end: 10_040 });
    // With hop = window = 200 a frame ends exactly where the first region does.
    const even = { regions, frames: 30 as Frames, hop: 200, window: 200 };
    expect(recordingSpan(9 as Frames, 10 as Frames, even)).toEqual({ start: 2800, end: 3000 });
    expect(recordingSpan(10 as Frames, 11 as Frames, even)).toEqual({ start: 10_000, end: 10_200 });
  });
});

describe('decodeUtterance', () => {
  const decoder = (settings: object = {}): Decoder =>
    createDecoder(
      { phones: ['a', 'b', '<SIL>'], silence: '<SIL>' },
      decodeConfig.parse({ method: 'greedy', ...settings }),
      {},
    );
  const rows = [
    [-1, -9, -9],
    [-9, -9, -1],
    [-9, -1, -9],
    [-9, -1, -9],
  ];

  it('names phones and places them in the recording', () => {
    const emission = { logProbs: Float32Array.from(rows.flat()), rows: 4, ends: Int32Array.of(5, 10, 20, 36) };
    expect(decodeUtterance(emission, decoder(), [[1000, 3000] as Region, [10_000, 14_000] as Region], grid)).toEqual({
      phones: [
        { phone: 'a', start: 1000, end: 1920 },
        { phone: 'b', start: 2720, end: 14_000 },
      ],
    });
  });

  it('never leaves a gap or an overlap between phones that follow each other', () => {
    const emission = {
      logProbs: Float32Array.from([rows[0], rows[2], rows[0]].flat() as number[]),
      rows: 3,
      ends: Int32Array.of(4, 9, 20),
    };
    const [first, second, third] = decodeUtterance(emission, decoder(), [[500, 3940] as Region], grid).phones;
    expect([first?.start, first?.end, second?.end, third?.end]).toEqual([500, second?.start, third?.start, 3940]);
  });

  it('gives no phones for an empty emission', () => {
    expect(
      decodeUtterance(
        { logProbs: new Float32Array(0), rows: 0, ends: new Int32Array(0) },
        decoder(),
        [[0, 16_000] as Region],
        grid,
      ).phones,
    ).toEqual([]);
  });

  it('gives no phones for fewer rows than minSegments', () => {
    const emission = { logProbs: Float32Array.from(rows[0]!), rows: 1, ends: Int32Array.of(9) };
    const phones = [1, 2].map(
      (minSegments) => decodeUtterance(emission, decoder({ minSegments }), [[0, 2000] as Region], grid).phones.length,
    );
    expect(phones).toEqual([1, 0]);
  });
});
