// Searches over a grid: hill climbing, from one cell to a better neighbour, one setting at a time, until
// none is better; every cell; or cells drawn at random. Knows nothing of recipes; what a cell is worth, and
// which of two is better, the caller says.

export interface Axis {
  /** Number of values, in an order in which neighbours are alike. */
  readonly size: number;
  /** Index of the value to start from. */
  readonly start: number;
}

export interface Summit<T> {
  readonly position: readonly number[];
  readonly value: T;
  /** `top` when no neighbour is better, `stopped` when a cell was not valued any more. */
  readonly ended: 'top' | 'stopped';
}

/**
 * @param valueOf asked once for each cell, in an order that follows from the answers alone; undefined ends the search
 * @returns undefined when not even the first cell was valued
 */
export async function climb<T>(
  axes: readonly Axis[],
  valueOf: (position: readonly number[]) => Promise<T | undefined>,
  better: (candidate: T, best: T) => boolean,
): Promise<Summit<T> | undefined> {
  const known = new Map<string, T>();
  const valued = async (position: readonly number[]): Promise<T | undefined> => {
    const key = position.join(' ');
    const value = known.get(key) ?? (await valueOf(position));
    if (value !== undefined) known.set(key, value);
    return value;
  };
  let position: readonly number[] = axes.map(({ start }) => start);
  const first = await valued(position);
  if (first === undefined) return undefined;
  let value = first;
  for (let axis = 0, idle = 0; idle < axes.length; axis = (axis + 1) % axes.length) {
    let moved = false;
    for (const step of [1, -1]) {
      for (;;) {
        const next = position.map((index, i) => (i === axis ? index + step : index));
        const index = next[axis] as number;
        if (index < 0 || index >= (axes[axis] as Axis).size) break;
        const candidate = await valued(next);
        if (candidate === undefined) return { position, value, ended: 'stopped' };
        if (!better(candidate, value)) break;
        position = next;
        value = candidate;
        moved = true;
      }
    }
    // After a move this axis alone is known to have no better neighbour.
    idle = moved ? 1 : idle + 1;
  }
  return { position, value, ended: 'top' };
}

/**
 * Values cells one after the other, whatever their neighbours are worth.
 * @param cells positions, each once
 * @returns as climb; `top` when all were valued
 */
export async function visit<T>(
  cells: readonly (readonly number[])[],
  valueOf: (position: readonly number[]) => Promise<T | undefined>,
  better: (candidate: T, best: T) => boolean,
): Promise<Summit<T> | undefined> {
  let best: Summit<T> | undefined;
  for (const position of cells) {
    const value = await valueOf(position);
    if (value === undefined) return best && { ...best, ended: 'stopped' };
    if (!best || better(value, best.value)) best = { position, value, ended: 'top' };
  }
  return best;
}

/** Cells that a grid may have before it is refused: a wish for more is a slip. */
export const mostCells = 10_000;

/** Every cell, the first setting slowest. */
export function gridCells(axes: readonly Axis[]): number[][] {
  return axes.reduce<number[][]>(
    (cells, { size }) => cells.flatMap((cell) => Array.from({ length: size }, (_, index) => [...cell, index])),
    [[]],
  );
}
