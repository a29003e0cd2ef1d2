// MFCC through the engine against a second implementation in float64, and against what is known in closed form.
import { afterAll, describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { featuresConfig } from '../../src/features/config.js';
import type { FeatureExtractor } from '../../src/features/extractor.js';
import { frameCount } from '../../src/core/frame-grid.js';
import type { Samples } from '../../src/core/time.js';
import { createMfcc } from '../../src/features/mfcc.js';
import { referenceMfcc, usual } from './reference-mfcc.js';

const compute = { engine: 'cpu' as const, threads: 1 };
const open: FeatureExtractor[] = [];
async function mfcc(settings: object = {}): Promise<FeatureExtractor> {
  const extractor = await createMfcc(featuresConfig.parse(settings), compute);
  open.push(extractor);
  return extractor;
}
afterAll(async () => {
  for (const extractor of open) await extractor.dispose();
});

/** Something like speech: harmonics that glide, with noise and pauses. */
function voice(length: number): Float32Array {
  const rng = Rng.fromSeed(7);
  return Float32Array.from({ length }, (_, n) => {
    const loud = 0.5 + 0.5 * Math.sin(n / 2500);
    const phase = n * (0.05 + 0.00001 * Math.sin(n / 4000));
    return (
      loud * (0.2 * Math.sin(phase) + 0.1 * Math.sin(5 * phase) + 0.05 * Math.sin(17 * phase)) + 0.003 * rng.normal()
    );
  });
}
const sine = (hz: number, length = 4000): Float32Array =>
  Float32Array.from({ length }, (_, n) => 0.5 * Math.sin((2 * Math.PI * hz * n) / 16000));

function largestError(found: Float32Array, columns: number, expected: readonly (readonly number[])[]): number {
  return Math.max(...expected.flatMap((row, t) => row.map((value, c) => Math.abs(value - found[t * columns + c]!))));
}

describe('mfcc against the float64 reference', () => {
  it('agrees on voice, across block borders', async () => {
    const samples = voice(400 + 160 * 299);
    const { data, rows } = await (await mfcc({ deltas: 0 })).extract(samples);
    const { cepstra } = referenceMfcc(samples, usual);
    expect(rows).toBe(300);
    expect(cepstra.length).toBe(300);
    expect(largestError(data, 13, cepstra)).toBeLessThan(2e-3);
  });

  it('agrees with other windows, bands and a constant offset', async () => {
    const samples = voice(6000).map((x) => x + 0.4);
    const settings = {
      windowSeconds: 0.032,
      hopSeconds: 0.008,
      preEmphasis: 0,
      lowHz: 80,
      highHz: 8000,
      melBands: 24,
      coefficients: 24,
      lifter: 10,
      deltas: 0,
    };
    const { data, rows } = await (await mfcc(settings)).extract(samples);
    const { cepstra } = referenceMfcc(samples, {
      window: 512,
      hop: 128,
      dft: 512,
      preEmphasis: 0,
      lowHz: 80,
      highHz: 8000,
      bands: 24,
      coefficients: 24,
      lifter: 10,
      floor: 1e-9,
    });
    expect(rows).toBe(cepstra.length);
    expect(largestError(data, 24, cepstra)).toBeLessThan(2e-3);
  });
});

describe('mfcc in closed form', () => {
  // With every coefficient and no lifter the DCT is a rotation: its transpose gives the log mel energies back.
  async function logMel(samples: Float32Array): Promise<number[]> {
    const { data } = await (await mfcc({ coefficients: 40, lifter: 0, deltas: 0 })).extract(samples);
    return Array.from({ length: 40 }, (_, m) => {
      let sum = 0;
      for (let c = 0; c < 40; c++)
        sum += data[c]! * Math.sqrt((c === 0 ? 1 : 2) / 40) * Math.cos((Math.PI * c * (m + 0.5)) / 40);
      return sum;
    });
  }

  it.each([200, 500, 1000, 3000, 6000])('puts a sine of %i Hz into the mel band around it', async (hz) => {
    const bands = await logMel(sine(hz));
    const mel = (f: number): number => 2595 * Math.log10(1 + f / 700);
    const place = (mel(hz) - mel(20)) / ((mel(7600) - mel(20)) / 41);
    expect(Math.abs(bands.indexOf(Math.max(...bands)) + 1 - place)).toBeLessThanOrEqual(0.75);
  });

  it('gives c0 = sqrt(M) * log(floor) and nothing else for digital silence', async () => {
    const { data } = await (await mfcc({ deltas: 2 })).extract(new Float32Array(2000));
    expect(data[0]).toBeCloseTo(Math.sqrt(40) * Math.log(1e-9), 2);
    expect(Math.max(...data.subarray(1, 39).map(Math.abs))).toBeLessThan(1e-3);
  });

  it('moves only c0, by sqrt(M) * log(4), when the sound doubles', async () => {
    const extractor = await mfcc({ deltas: 0 });
    const once = await extractor.extract(voice(400));
    const twice = await extractor.extract(voice(400).map((x) => 2 * x));
    expect(twice.data[0]! - once.data[0]!).toBeCloseTo(Math.sqrt(40) * Math.log(4), 2);
    for (let c = 1; c < 13; c++) expect(twice.data[c]!).toBeCloseTo(once.data[c]!, 2);
  });
});

describe('mfcc frames and errors', () => {
  it('makes frames only where a whole window fits', async () => {
    expect([0, 399, 400, 559, 560].map((n) => frameCount(n as Samples, { window: 400, hop: 160 }))).toEqual([
      0, 0, 1, 1, 2,
    ]);
    const extractor = await mfcc();
    expect([extractor.dim, extractor.hop, extractor.window]).toEqual([39, 160, 400]);
    expect(await extractor.extract(new Float32Array(399))).toEqual({ data: new Float32Array(0), rows: 0 });
    expect((await extractor.extract(voice(400))).data.length).toBe(39);
  });

  it('gives a frame the same values wherever in an utterance it stands', async () => {
    const extractor = await mfcc({ deltas: 0 });
    const samples = voice(400 + 160 * 280);
    const whole = await extractor.extract(samples);
    const late = await extractor.extract(samples.slice(160 * 270));
    late.data.forEach((value, i) => {
      expect(value).toBeCloseTo(whole.data[270 * 13 + i]!, 3);
    });
  });

  it('names the first sample that is not finite', async () => {
    const samples = voice(1000);
    samples[123] = NaN;
    await expect((await mfcc()).extract(samples)).rejects.toThrow('sample 123 is NaN');
  });

  it('refuses settings that contradict each other', async () => {
    await expect(mfcc({ lowHz: 5000, highHz: 400 })).rejects.toThrow('lowHz 5000 is not below highHz 400');
    await expect(mfcc({ coefficients: 41 })).rejects.toThrow('coefficients 41 is more than melBands 40');
    await expect(mfcc({ melBands: 128, coefficients: 13, windowSeconds: 0.008 })).rejects.toThrow(
      'lies between two bins',
    );
  });
});
