// Speech laid into the recordings' own background: where pauses stand, what is heard under them, and their labels.
import { describe, expect, it } from 'vitest';
import { drawBackground, rejected, rootMeanSquare } from '../../src/bootstrap/background.js';
import { bootstrapConfig } from '../../src/bootstrap/config.js';
import { settingsFor } from '../../src/bootstrap/settings.js';
import { layOut, type Chunk } from '../../src/bootstrap/spoken.js';
import { breaths } from '../../src/bootstrap/synthesise.js';
import { Rng } from '../../src/core/rng.js';
import type { Region } from '../../src/core/records.js';

const second = 16_000;
const silence = 2;
const { speech } = settingsFor(bootstrapConfig.parse({}), 'bands');

/** A second of sound, of which the middle half is speech: phone 0, then phone 1. */
const chunk: Chunk = {
  samples: new Float32Array(second).fill(0.5),
  regions: [[second / 4, (3 * second) / 4] as Region],
  spans: [
    { label: silence, start: -1 },
    { label: 0, start: 0.25 },
    { label: 1, start: 0.5 },
    { label: silence, start: 0.75 },
  ],
};

describe('what a detector rejects', () => {
  it('is taken without the tenth of a second beside speech, and not where little is left', () => {
    expect(
      rejected(
        [
          [2 * second, 3 * second] as Region,
          [second, second + 100] as Region,
          [3 * second + 4000, 4 * second] as Region,
        ],
        6 * second,
      ),
    ).toEqual([
      [0, second - 1600],
      [second + 100 + 1600, 2 * second - 1600],
      [4 * second + 1600, 6 * second],
    ]);
  });

  it('is strung together at random, without a click', () => {
    const background = { stretches: [new Float32Array(4000).fill(0.1), new Float32Array(2000).fill(-0.1)], levels: [] };
    const drawn = drawBackground(background, 20_000, Rng.fromSeed(1));
    expect(drawn).toEqual(drawBackground(background, 20_000, Rng.fromSeed(1)));
    expect(rootMeanSquare(drawn)).toBeGreaterThan(0.08);
    const steps = drawn.slice(1).map((x, i) => Math.abs(x - drawn[i]!));
    expect(Math.max(...steps)).toBeLessThan(0.002);
  });
});

describe('an utterance', () => {
  it('has its chunks one after the other where there is no background', () => {
    const { samples, spans, phones } = layOut([chunk, chunk], silence, undefined, speech, Rng.fromSeed(1));
    expect([samples.length, phones]).toEqual([second, 4]);
    expect(spans.filter(({ label }) => label < silence).map(({ start }) => start)).toEqual([0, 0.25, 0.5, 0.75]);
  });

  it('has pauses of background between them, labelled silence, and speech as loud as the recordings', () => {
    const background = { stretches: [new Float32Array(second).fill(0.01)], levels: [0.2] };
    const settings = { pauses: 1, pauseSeconds: [0.5, 0.5] as [number, number] };
    const { samples, spans } = layOut([chunk, chunk], silence, background, settings, Rng.fromSeed(2));
    expect(samples.length).toBe(2.5 * second);
    const at = (time: number): number => spans.filter(({ start }) => start <= time).at(-1)!.label;
    expect([0.2, 0.6, 0.9, 1.2, 1.6, 1.9, 2.2].map(at)).toEqual([silence, 0, 1, silence, 0, 1, silence]);
    expect(samples[Math.round(0.25 * second)]).toBeCloseTo(0.01, 3);
    expect(samples[Math.round(0.75 * second)]).toBeCloseTo(0.21, 3);
  });

  it('is read in breaths of some words, none of which is a scrap', () => {
    const words = Array.from({ length: 23 }, (_, i) => `w${i}`).join(' ');
    for (let seed = 0; seed < 20; seed++) {
      const groups = breaths(words, [3, 8], Rng.fromSeed(seed));
      expect(groups.join(' ')).toBe(words);
      const sizes = groups.map((group) => group.split(' ').length);
      expect(Math.min(...sizes)).toBeGreaterThanOrEqual(3);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(10);
    }
    expect(breaths('one', [3, 8], Rng.fromSeed(1))).toEqual(['one']);
  });
});
