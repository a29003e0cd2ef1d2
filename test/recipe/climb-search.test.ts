// Hill climbing over grids whose values are known: where it ends, what it asks, and how it stops.
import { describe, expect, it } from 'vitest';
import { climb, gridCells, visit } from '../../src/recipe/climb-search.js';

const lower = (candidate: number, best: number): boolean => candidate < best;

describe('climbing', () => {
  it('goes to the bottom of a bowl, one setting at a time, and asks for no cell twice', async () => {
    const asked: string[] = [];
    const found = await climb(
      [
        { size: 7, start: 0 },
        { size: 5, start: 4 },
      ],
      async ([x, y]) => {
        asked.push(`${x} ${y}`);
        return Promise.resolve((x! - 4) ** 2 + (y! - 1) ** 2);
      },
      lower,
    );
    expect(found).toEqual({ position: [4, 1], value: 0, ended: 'top' });
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.length).toBeLessThan((7 * 5) / 2);
    expect(asked[0]).toBe('0 4');
  });

  it('comes back to a setting that another one has changed the worth of', async () => {
    // Along x alone 0 is best until y is 1; then 2 is.
    const worth = [
      [5, 6, 7],
      [4, 3, 1],
    ];
    const found = await climb(
      [
        { size: 3, start: 0 },
        { size: 2, start: 0 },
      ],
      async ([x, y]) => Promise.resolve(worth[y!]![x!]!),
      lower,
    );
    expect(found).toEqual({ position: [2, 1], value: 1, ended: 'top' });
  });

  it('stays where no neighbour is better, equal ones included', async () => {
    const found = await climb([{ size: 3, start: 1 }], async () => Promise.resolve(2), lower);
    expect(found).toEqual({ position: [1], value: 2, ended: 'top' });
  });

  it('stops with the best so far when a cell is not valued any more', async () => {
    let left = 3;
    const found = await climb(
      [{ size: 9, start: 0 }],
      async ([x]) => Promise.resolve(left-- > 0 ? -x! : undefined),
      lower,
    );
    expect(found).toEqual({ position: [2], value: -2, ended: 'stopped' });
    expect(await climb<number>([{ size: 9, start: 0 }], async () => Promise.resolve(undefined), lower)).toBeUndefined();
  });
});

describe('visiting', () => {
  it('takes every cell of a grid, and keeps the best', async () => {
    const cells = gridCells([
      { size: 2, start: 0 },
      { size: 3, start: 0 },
    ]);
    expect(cells).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
      [1, 1],
      [1, 2],
    ]);
    const found = await visit(cells, async ([x, y]) => Promise.resolve((x! - 1) ** 2 + (y! - 1) ** 2), lower);
    expect(found).toEqual({ position: [1, 1], value: 0, ended: 'top' });
  });

  it('stops with the best so far', async () => {
    let left = 2;
    const found = await visit([[0], [1], [2]], async ([x]) => Promise.resolve(left-- > 0 ? x : undefined), lower);
    expect(found).toEqual({ position: [0], value: 0, ended: 'stopped' });
  });
});
