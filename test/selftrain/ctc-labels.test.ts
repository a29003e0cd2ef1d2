import { describe, expect, it } from 'vitest';
import { ctcTargets, rowCodes, stringOf } from '../../src/selftrain/ctc-labels.js';

describe('labels of rows', () => {
  const labels = { phones: Int32Array.of(3, 3, 1, 0), ends: Int32Array.of(4, 10, 14, 20) };

  it('keep two equal phones apart, and come back as the string that they were', () => {
    const codes = rowCodes(labels);
    expect(codes).toHaveLength(10);
    expect(stringOf(codes)).toEqual([3, 3, 1, 0]);
  });

  it('give the phones of a stretch, without one that has a single row left at an edge', () => {
    // rows: two of the first phone, three of the second, two of the third, three of the last
    const codes = rowCodes(labels);
    expect(stringOf(codes.subarray(1, 9))).toEqual([3, 1, 0]);
    expect(stringOf(codes.subarray(2, 8))).toEqual([3, 1]);
    expect(stringOf(Int16Array.of(-1, -1))).toEqual([]);
  });
});

describe('ctcTargets', () => {
  it('aims at what is certain, crop by crop, and at nothing where the labels do not fit', () => {
    // Three columns, the last one blank; six rows a crop. The first crop says 0 1; the
    // second 0 0 0 0, which needs seven rows.
    const even = new Float32Array(36).fill(Math.log(1 / 3));
    const { targets, loss } = ctcTargets(3, 6)(even, Int16Array.of(0, 0, 0, 3, 3, 3, 0, 1, 0, 1, 0, 1));
    for (let row = 0; row < 6; row++)
      expect(targets.subarray(3 * row, 3 * row + 3).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect([...targets.subarray(18)]).toEqual(new Array(18).fill(0));
    // Of 3^6 strings of symbols 8 over 4 say 0 1: both have a start and an end.
    expect(loss).toBeCloseTo(-Math.log(70 / 729) / 2, 5);
  });
});
