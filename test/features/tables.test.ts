// The constant matrices of MFCC against identities that any correct ones obey.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { featuresConfig } from '../../src/features/config.js';
import { hertzToMel, mfccTables, poveyWindow } from '../../src/features/tables.js';

const tables = (settings: object = {}) => mfccTables(featuresConfig.parse(settings));

describe('mfcc tables', () => {
  it('has an orthonormal DCT when all coefficients are kept without lifter', () => {
    const { cepstrum } = tables({ coefficients: 40, lifter: 0 });
    for (let a = 0; a < 40; a++) {
      for (let b = 0; b <= a; b++) {
        let dot = 0;
        for (let m = 0; m < 40; m++) dot += cepstrum[m * 40 + a]! * cepstrum[m * 40 + b]!;
        expect(dot).toBeCloseTo(a === b ? 1 : 0, 5);
      }
    }
  });

  it('keeps the energy of a windowed, pre-emphasised frame (Parseval)', () => {
    const { cosine, sine, bins, window } = tables();
    const rng = Rng.fromSeed(3);
    const x = Array.from({ length: window }, () => rng.normal());
    const taper = poveyWindow(window);
    const time = x.reduce((sum, value, n) => sum + ((value - 0.97 * x[Math.max(0, n - 1)]!) * taper[n]!) ** 2, 0);
    let spectrum = 0;
    for (let k = 0; k < bins; k++) {
      let re = 0;
      let im = 0;
      x.forEach((value, n) => {
        re += value * cosine[n * bins + k]!;
        im += value * sine[n * bins + k]!;
      });
      spectrum += (k === 0 || k === bins - 1 ? 1 : 2) * (re * re + im * im);
    }
    expect(spectrum / 512 / time).toBeCloseTo(1, 5);
  });

  it('has mel triangles that sum to one between the first and the last centre', () => {
    const { mel, bins, bands } = tables();
    const spacing = (hertzToMel(7600) - hertzToMel(20)) / 41;
    for (let k = 0; k < bins; k++) {
      const place = (hertzToMel(k * 31.25) - hertzToMel(20)) / spacing;
      const sum = mel.subarray(k * bands, (k + 1) * bands).reduce((a, b) => a + b, 0);
      if (place >= 1 && place <= 40) expect(sum).toBeCloseTo(1, 5);
      if (place <= 0 || place >= 41) expect(sum).toBe(0);
    }
  });

  it('has a window that is symmetric, 1 in the middle and 0 at the ends', () => {
    const taper = poveyWindow(401);
    expect([taper[0], taper[200], taper[400]].map((x) => Math.round(x! * 1e9) / 1e9)).toEqual([0, 1, 0]);
    expect(taper[100]).toBeCloseTo(0.5 ** 0.85, 12);
    expect(taper[37]).toBeCloseTo(taper[363]!, 12);
  });

  it('knows that 1000 Hz is close to 1000 mel', () => {
    expect(hertzToMel(1000)).toBeCloseTo(1000, 0);
  });
});
