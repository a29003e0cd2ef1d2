// How seeds share the cores: by their number alone, so that nothing else decides the bytes.
import { describe, expect, it } from 'vitest';
import { seedThreads } from '../../src/learn/gan-run.js';

describe('threads of one of several trainings', () => {
  it.each([
    [1, 0, 8, 0],
    [1, 3, 8, 3], // one training has what was asked for
    [2, 0, 8, 4],
    [16, 0, 8, 1],
    [3, 0, 2, 1],
    [2, 1, 8, 1], // asked for less
    [2, 8, 8, 4],
    [2, 4, 8, 4], // a worker process is given more or the same: the same result as by one process
  ])('%i seeds, %i asked for, %i cores: %i', (seeds, wanted, cores, threads) => {
    expect(seedThreads(seeds, wanted, cores)).toBe(threads);
  });
});
