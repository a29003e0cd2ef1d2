import { describe, expect, it } from 'vitest';
import { studentT, studentTQuantile } from '../../src/regress/student-t.js';

describe("Student's t", () => {
  it('has the quantiles of the printed tables', () => {
    // One-sided, from the tables that every textbook prints.
    for (const [p, degrees, t] of [
      [0.99, 1, 31.821],
      [0.99, 2, 6.965],
      [0.99, 3, 4.541],
      [0.99, 10, 2.764],
      [0.99, 30, 2.457],
      [0.95, 1, 6.314],
      [0.95, 5, 2.015],
      [0.975, 7, 2.365],
      [0.999, 4, 7.173],
      [0.99, 1e6, 2.326],
    ] as const) {
      expect(studentTQuantile(p, degrees), `${p}, ${degrees}`).toBeCloseTo(t, 3);
    }
  });

  it('is closed for one and two degrees of freedom', () => {
    for (const t of [-30, -2, -0.1, 0, 0.3, 1, 5, 80]) {
      expect(studentT(t, 1)).toBeCloseTo(0.5 + Math.atan(t) / Math.PI, 12);
      expect(studentT(t, 2)).toBeCloseTo(0.5 + t / (2 * Math.sqrt(2 + t * t)), 12);
    }
  });

  it('turns back into its argument', () => {
    for (const degrees of [1, 2, 5, 23, 400])
      for (const p of [0.6, 0.9, 0.99, 0.9999])
        expect(studentT(studentTQuantile(p, degrees), degrees)).toBeCloseTo(p, 10);
  });
});
