import { describe, expect, it } from 'vitest';
import { featuresConfig } from '../../src/features/config.js';
import { createExtractor } from '../../src/features/extractor.js';

const compute = { engine: 'cpu' as const, threads: 1 };
const sine = (hertz: number): Float32Array =>
  Float32Array.from({ length: 4000 }, (_, n) => 0.3 * Math.sin((2 * Math.PI * hertz * n) / 16_000));
const mel = (hertz: number): number => 1127 * Math.log(1 + hertz / 700);

describe('log-mel bands', () => {
  it('are what MFCC are the cosine transform of', async () => {
    const settings = { melBands: 24, coefficients: 24, deltas: 0, lifter: 0 };
    const bands = await createExtractor(featuresConfig.parse({ kind: 'logmel', ...settings }), compute);
    const cepstra = await createExtractor(featuresConfig.parse({ ...settings }), compute);
    const sound = sine(440).map((x, n) => x + 0.01 * Math.sin(n * n));
    const { data, rows } = await bands.extract(sound);
    const mfcc = await cepstra.extract(sound);
    expect([bands.dim, rows]).toEqual([24, mfcc.rows]);
    for (const t of [0, rows - 1])
      for (const c of [0, 1, 11]) {
        let sum = 0;
        for (let b = 0; b < 24; b++)
          sum += data[t * 24 + b]! * Math.sqrt((c === 0 ? 1 : 2) / 24) * Math.cos((Math.PI * c * (b + 0.5)) / 24);
        expect(mfcc.data[t * 24 + c]).toBeCloseTo(sum, 2);
      }
    await bands.dispose();
    await cepstra.dispose();
  });

  it.each([300, 1000, 4000])('a sine of %i Hz is loudest in the band around it', async (hertz) => {
    const extractor = await createExtractor(featuresConfig.parse({ kind: 'logmel' }), compute);
    const { data } = await extractor.extract(sine(hertz));
    await extractor.dispose();
    const row = [...data.subarray(0, 40)];
    const spacing = (mel(7600) - mel(20)) / 41;
    expect(Math.abs(row.indexOf(Math.max(...row)) - ((mel(hertz) - mel(20)) / spacing - 1))).toBeLessThan(0.75);
  });
});
