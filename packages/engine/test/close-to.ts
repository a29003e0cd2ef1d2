// What one engine computes against what another does: equal within a share of the largest value.
import { expect } from 'vitest';

export function closeTo(found: Float32Array, expected: Float32Array, tolerance: number, what: string): void {
  expect(found.length, what).toBe(expected.length);
  const scale = Math.max(1e-6, ...expected.map(Math.abs).filter(Number.isFinite));
  found.forEach((x, i) => {
    const wanted = expected[i]!;
    if (Number.isFinite(wanted))
      expect(Math.abs(x - wanted) / scale, `${what}, ${i}: ${x} for ${wanted}`).toBeLessThan(tolerance);
    else expect(x, what).toBe(wanted);
  });
}
