// What is put into a watched folder: tried once, when it has stopped growing, and again when it has changed.
import { describe, expect, it } from 'vitest';
import { Newcomers } from '../../src/transcribe/newcomers.js';

const looks = (...states: Record<string, string>[]): string[][] => {
  const newcomers = new Newcomers();
  return states.map((state) => newcomers.ready(new Map(Object.entries(state))));
};

describe('Newcomers', () => {
  it('waits until a file has stopped growing', () => {
    expect(looks({ a: '1' }, { a: '2' }, { a: '2' }, { a: '2' })).toEqual([[], [], ['a'], []]);
  });

  it('tries again what has changed, or was taken away and put back', () => {
    expect(looks({ a: '1' }, { a: '1' }, { a: '3' }, { a: '3' })).toEqual([[], ['a'], [], ['a']]);
    expect(looks({ a: '1' }, { a: '1' }, {}, { a: '1' }, { a: '1' })).toEqual([[], ['a'], [], [], ['a']]);
  });
});
