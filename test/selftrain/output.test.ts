import { describe, expect, it } from 'vitest';
import { betterOf, type PassRecord } from '../../src/selftrain/output.js';

const pass = (name: string, metric: number | null): PassRecord => ({
  name,
  metric,
  perplexity: metric,
  vocabularySeen: 1,
  logLengthRatio: 0,
  seconds: 1,
});

describe('betterOf', () => {
  it('takes the least metric of all', () => {
    expect(betterOf([pass('decode', 10), pass('mono', 9), pass('tri', 8), pass('lda', 8.5)], 0.03).name).toBe('tri');
  });

  it('stays with what decode wrote unless a pass is better by the margin', () => {
    expect(betterOf([pass('decode', 10), pass('mono', 9.8)], 0.03).name).toBe('decode');
    expect(betterOf([pass('decode', 10), pass('mono', 9.8)], 0.01).name).toBe('mono');
  });

  it('takes anything over labels that cannot be judged, and nothing that cannot', () => {
    expect(betterOf([pass('decode', null), pass('mono', 50)], 0.03).name).toBe('mono');
    expect(betterOf([pass('decode', 50), pass('mono', null)], 0.03).name).toBe('decode');
    expect(() => betterOf([], 0)).toThrow(RangeError);
  });
});
