import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeAudio } from '../../src/audio/decode.js';
import { fromGrid } from '../../src/audio/mono.js';
import type { Region } from '../../src/core/records.js';
import { vadConfig } from '../../src/vad/config.js';
import { detectSpeech, frameLogEnergy } from '../../src/vad/energy.js';

const config = vadConfig.parse({});
const sharp = vadConfig.parse({ energy: { hangover: 0 } });

/** Noise-like but repeatable sound inside the stretches (seconds), near silence elsewhere. */
function sound(seconds: number, stretches: readonly [number, number][], level = 0.3, background = 1e-4): Float32Array {
  return Float32Array.from({ length: seconds * 16_000 }, (_, i) => {
    const loud = stretches.some(([start, end]) => i >= start * 16_000 && i < end * 16_000);
    return (loud ? level : background) * Math.sin(i * i * 0.37);
  });
}

function expectNear(found: readonly Region[], expected: readonly [number, number][], tolerance: number): void {
  expect(found.length).toBe(expected.length);
  found.forEach(([start, end], i) => {
    expect(Math.abs(start / 16_000 - expected[i]![0])).toBeLessThanOrEqual(tolerance);
    expect(Math.abs(end / 16_000 - expected[i]![1])).toBeLessThanOrEqual(tolerance);
  });
}

describe('frameLogEnergy', () => {
  it('equals the log variance of each 400-sample window, computed directly', () => {
    const samples = sound(0.2, [[0.05, 0.1]]).map((x) => x + 0.1);
    const energies = frameLogEnergy(samples);
    expect(energies.length).toBe(1 + Math.floor((3200 - 400) / 160));
    energies.forEach((energy, t) => {
      const frame = samples.subarray(t * 160, t * 160 + 400);
      const mean = frame.reduce((a, b) => a + b, 0) / 400;
      const variance = frame.reduce((a, b) => a + (b - mean) ** 2, 0) / 400;
      expect(energy).toBeCloseTo(Math.log(variance), 4);
    });
  });
  it('has one frame for less than a window', () => {
    expect(frameLogEnergy(new Float32Array(100).fill(0.1)).length).toBe(1);
  });
});

describe('detectSpeech', () => {
  it('finds the loud stretches to within a frame', () => {
    expectNear(
      detectSpeech(
        sound(3, [
          [0.5, 1],
          [2, 2.4],
        ]),
        sharp,
      ),
      [
        [0.5, 1],
        [2, 2.4],
      ],
      0.02,
    );
  });
  it('adds the hangover on both sides', () => {
    expectNear(detectSpeech(sound(3, [[0.5, 1]]), vadConfig.parse({ energy: { hangover: 0.1 } })), [[0.4, 1.1]], 0.02);
  });
  it('fills gaps under 80 ms and keeps longer ones', () => {
    expect(
      detectSpeech(
        sound(2, [
          [0.5, 0.8],
          [0.86, 1.2],
        ]),
        sharp,
      ).length,
    ).toBe(1);
    expect(
      detectSpeech(
        sound(2, [
          [0.5, 0.8],
          [0.95, 1.2],
        ]),
        sharp,
      ).length,
    ).toBe(2);
  });
  it('drops clicks', () => {
    // 5 ms click: loud in three frames; with a minimum of 50 ms it goes, the speech stays.
    const found = detectSpeech(
      sound(3, [
        [0.5, 0.505],
        [1, 2],
      ]),
      vadConfig.parse({ energy: { minBurst: 0.05, hangover: 0 } }),
    );
    expectNear(found, [[1, 2]], 0.02);
  });
  it('does not depend on loudness or an offset of the sound card', () => {
    const base = detectSpeech(
      sound(3, [
        [0.5, 1],
        [2, 2.4],
      ]),
      config,
    );
    expect(
      detectSpeech(
        sound(
          3,
          [
            [0.5, 1],
            [2, 2.4],
          ],
          0.03,
          1e-5,
        ),
        config,
      ),
    ).toEqual(base);
    expect(
      detectSpeech(
        sound(3, [
          [0.5, 1],
          [2, 2.4],
        ]).map((x) => x + 0.2),
        config,
      ),
    ).toEqual(base);
  });
  it('keeps constant speech whole, to the last sample', () => {
    const samples = sound(1, [[0, 1]]).subarray(0, 15_999);
    expect(detectSpeech(samples, config)).toEqual([[0, 15_999]]);
  });
  it('finds nothing in silence, be it digital, quiet noise or a constant', () => {
    for (const silence of [
      new Float32Array(16_000),
      sound(1, [], 0, 1e-5),
      new Float32Array(16_000).fill(0.5),
      new Float32Array(0),
    ]) {
      expect(detectSpeech(silence, config)).toEqual([]);
    }
  });
  it('finds the same in integers of the 16-bit grid, to the last bit', () => {
    const grid = Int16Array.from(
      sound(3, [
        [0.5, 1],
        [2, 2.4],
      ]),
      (x) => Math.round(x * 32767),
    );
    expect(frameLogEnergy(grid)).toEqual(frameLogEnergy(fromGrid(grid)));
    expect(detectSpeech(grid, config)).toEqual(detectSpeech(fromGrid(grid), config));
  });
  it('method none keeps everything', () => {
    expect(detectSpeech(new Float32Array(777), vadConfig.parse({ method: 'none' }))).toEqual([[0, 777]]);
  });
  it('finds the bursts of the sound fixtures, in every format', async () => {
    const folder = join(import.meta.dirname, '../../audio');
    const manifest = readFileSync(join(folder, 'manifest.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { file: string; bursts: [number, number][] });
    for (const { file, bursts } of manifest) {
      expectNear(detectSpeech((await decodeAudio(join(folder, file))).samples, sharp), bursts, 0.05);
    }
  });
});
