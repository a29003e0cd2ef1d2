// Rows that do not fit in memory: a source can be read again and again, block by block, so that k-means and
// PCA need memory for one block and not for the corpus. Small inputs are kept after the first pass.
import type { Rng } from '../core/rng.js';

/** `data` is [rows, columns], row-major; only the first `rows` rows count. */
export interface Block {
  readonly data: Float32Array;
  readonly rows: number;
}

/** Starts a new pass over the same rows in the same order. A block stays until the second after it is asked for. */
export interface BlockSource {
  (): AsyncIterable<Block>;
  /** The rows are in memory already: to keep a copy of them gains nothing. */
  readonly inMemory?: boolean;
}

/** Rows already in memory as a source. */
export function blocksOf(data: Float32Array, columns: number, blockRows = 4096): BlockSource {
  async function* blocks(): AsyncGenerator<Block> {
    const rows = data.length / columns;
    for (let start = 0; start < rows; start += blockRows) {
      const end = Math.min(rows, start + blockRows);
      yield { data: data.subarray(start * columns, end * columns), rows: end - start };
    }
  }
  return Object.assign(blocks, { inMemory: true });
}

/**
 * Regroups a source (utterances of any length) into blocks of exactly `blockRows` rows, the last one shorter.
 * What is yielded may be a part of the source's block or one of two arrays that are used in turn.
 */
export function regroup(source: BlockSource, columns: number, blockRows: number): BlockSource {
  return async function* () {
    let [full, other] = [new Float32Array(blockRows * columns), new Float32Array(blockRows * columns)];
    let filled = 0;
    for await (const { data, rows } of source()) {
      for (let row = 0; row < rows;) {
        if (filled === 0 && rows - row >= blockRows) {
          yield { data: data.subarray(row * columns, (row + blockRows) * columns), rows: blockRows };
          row += blockRows;
          continue;
        }
        const taken = Math.min(rows - row, blockRows - filled);
        full.set(data.subarray(row * columns, (row + taken) * columns), filled * columns);
        row += taken;
        filled += taken;
        if (filled < blockRows) continue;
        yield { data: full, rows: blockRows };
        [full, other] = [other, full];
        filled = 0;
      }
    }
    if (filled > 0) yield { data: full.subarray(0, filled * columns), rows: filled };
  };
}

/**
 * Computes something of each block, and puts it together here while the next is computed there: both cores are busy
 * where one would wait for the other.
 * @param compute outside of this thread
 * @param add in the order of the blocks
 */
export async function oneAhead<T>(
  source: BlockSource,
  compute: (block: Block) => Promise<T>,
  add: (block: Block, found: T) => void,
): Promise<void> {
  let ahead: { readonly block: Block; readonly found: Promise<T> } | undefined;
  try {
    for await (const block of source()) {
      const before = ahead && { block: ahead.block, found: await ahead.found };
      ahead = { block, found: compute(block) };
      ahead.found.catch(() => undefined); // thrown where it is waited for; the source may fail before
      if (before) add(before.block, before.found);
    }
    if (ahead) add(ahead.block, await ahead.found);
  } finally {
    await ahead?.found.catch(() => undefined); // whoever closes what computes need not ask whether it still does
  }
}

/** The same source, whose blocks stay in memory after the first whole pass if they fit into `maxBytes`. */
export function keepSmall(source: BlockSource, maxBytes = 1 << 26): BlockSource {
  let kept: Block[] | undefined;
  return async function* () {
    if (kept) {
      yield* kept;
      return;
    }
    let copies: Block[] | undefined = [];
    let bytes = 0;
    for await (const block of source()) {
      bytes += block.data.byteLength;
      if (bytes > maxBytes) copies = undefined;
      copies?.push({ data: block.data.slice(), rows: block.rows });
      yield block;
    }
    kept = copies;
  };
}

/**
 * A uniform sample without replacement of at most `maxRows` rows (reservoir sampling: Vitter, 1985, algorithm R).
 * @returns the sample [rows, columns] and how many rows the source has
 */
export async function sampleRows(
  source: BlockSource,
  columns: number,
  maxRows: number,
  rng: Rng,
): Promise<Block & { readonly total: number }> {
  let sample = new Float32Array(Math.min(maxRows, 1024) * columns);
  let total = 0;
  for await (const { data, rows } of source()) {
    for (let row = 0; row < rows; row++, total++) {
      const slot = total < maxRows ? total : rng.integer(total + 1);
      if (slot >= maxRows) continue;
      if ((slot + 1) * columns > sample.length) sample = enlarge(sample, maxRows * columns);
      sample.set(data.subarray(row * columns, (row + 1) * columns), slot * columns);
    }
  }
  const rows = Math.min(total, maxRows);
  return { data: sample.subarray(0, rows * columns), rows, total };
}

function enlarge(array: Float32Array, limit: number): Float32Array<ArrayBuffer> {
  const larger = new Float32Array(Math.min(limit, array.length * 2));
  larger.set(array);
  return larger;
}
