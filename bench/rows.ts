// K-means (Lloyd's iterations) and PCA against faiss and scikit-learn on the same rows, in turn within one run; and how
// much memory both need when the rows are ten times as many and are read from disk.
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Rng } from '../src/core/rng.js';
import type { Compute } from '../src/core/stage.js';
import { blocksOf, type BlockSource } from '../src/numeric/blocks.js';
import { fitKmeans } from '../src/numeric/kmeans.js';
import { fitPca } from '../src/numeric/pca.js';
import { Opponent } from './peer.js';
import { alternate, duelColumns, rounded, timed } from './timing.js';

export interface RowsLine {
  readonly [name: string]: string | number | null;
}

/** Rows around 64 centres, so that there is something to find. */
function* makeRows(rows: number, columns: number): Generator<Float32Array> {
  const rng = Rng.fromSeed('rows');
  const centres = Array.from({ length: 64 }, () => Float32Array.from({ length: columns }, () => 2 * rng.normal()));
  // Noise is drawn once and read from a moving place: drawing 10^9 normal numbers
  // would take longer than what is measured.
  const noise = Float32Array.from({ length: 1 << 20 }, () => rng.normal());
  for (let row = 0; row < rows; row++) {
    const centre = centres[rng.integer(centres.length)] as Float32Array;
    const from = rng.integer(noise.length - columns);
    yield Float32Array.from(
      { length: columns },
      (_, c) =>
        (centre[c] as number) * ((noise[(from + 7) % columns] as number) > 0 ? 1 : 0.5) + (noise[from + c] as number),
    );
  }
}

const blockRows = 4096;

async function writeRows(path: string, rows: number, columns: number): Promise<void> {
  const file = await open(path, 'w');
  const block = new Float32Array(blockRows * columns);
  let filled = 0;
  for (const row of makeRows(rows, columns)) {
    block.set(row, filled++ * columns);
    if (filled === blockRows) {
      await file.write(block);
      filled = 0;
    }
  }
  if (filled > 0) await file.write(block.subarray(0, filled * columns));
  await file.close();
}

/** A file of float32 rows as a stream, read anew in every pass. */
export function fileRows(path: string, rows: number, columns: number): BlockSource {
  return async function* () {
    const file = await open(path);
    const block = new Float32Array(blockRows * columns);
    try {
      for (let row = 0; row < rows; row += blockRows) {
        const taken = Math.min(blockRows, rows - row);
        await file.read(new Uint8Array(block.buffer, 0, taken * columns * 4));
        yield { data: block.subarray(0, taken * columns), rows: taken };
      }
    } finally {
      await file.close();
    }
  };
}

async function allRows(path: string, rows: number, columns: number): Promise<Float32Array> {
  const data = new Float32Array(rows * columns);
  let at = 0;
  for await (const block of fileRows(path, rows, columns)()) {
    data.set(block.data, at);
    at += block.data.length;
  }
  return data;
}

/** Rows and columns: of a large encoder, and of MFCC with derivatives. */
export type RowsShape = readonly [rows: number, columns: number];

export const frames: readonly RowsShape[] = [
  [500_000, 39],
  [100_000, 512],
];

export interface RowsBench {
  readonly compute: Compute;
  readonly peer: boolean;
  readonly shapes: readonly RowsShape[];
  readonly rounds: number;
}

export async function* benchRows({ shapes, ...options }: RowsBench): AsyncGenerator<RowsLine> {
  for (const shape of shapes) yield* benchShape(shape, options);
}

async function* benchShape(
  [rows, columns]: RowsShape,
  { compute, peer: wanted, rounds }: Omit<RowsBench, 'shapes'>,
): AsyncGenerator<RowsLine> {
  const [count, components, iterations] = [128, Math.min(64, columns), 5];
  const { threads } = compute;
  const folder = await mkdtemp(join(tmpdir(), 'bench-rows-'));
  const path = join(folder, 'rows.f32');
  try {
    await writeRows(path, rows, columns);
    const data = await allRows(path, rows, columns);
    process.env['OMP_NUM_THREADS'] = String(threads);
    const peer = wanted ? new Opponent('rows.py', { rows, columns, path }) : undefined;
    const source = blocksOf(data, columns);
    const duel = async (name: string, ours: () => Promise<unknown>, command: Record<string, unknown>) => ({
      name: `${name}, ${rows} x ${columns}`,
      rows,
      columns,
      ...duelColumns(await alternate(() => timed(ours), peer && (() => peer.time({ ...command, threads })), rounds)),
      threads,
    });
    const kmeans = () =>
      fitKmeans(source, {
        columns,
        count,
        restarts: 1,
        iterations,
        sampleRows: count,
        tolerance: 0,
        rng: Rng.fromSeed(1),
        compute,
      });
    const pca = () => fitPca(source, columns, components, compute);
    const clusters = `k-means, ${count} clusters, ${iterations} passes`;
    yield await duel(clusters, kmeans, { do: 'faiss_kmeans', count, iterations });
    yield await duel(clusters, kmeans, { do: 'kmeans', count, iterations });
    yield await duel(`PCA to ${components}`, pca, { do: 'faiss_pca', components });
    // Made for a few components of many; of all it takes half a minute.
    if (columns > 4 * components)
      yield await duel(`PCA to ${components}, theirs randomized`, pca, { do: 'pca', components });
    yield await duel(`PCA to ${components}, theirs eigh`, pca, { do: 'covariance', components });
    peer?.close();
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Peak memory of k-means and PCA over a stream of this many rows; run it in a process of its own. */
export async function streamRows(compute: Compute, rows: number): Promise<RowsLine> {
  const columns = 512;
  const folder = await mkdtemp(join(tmpdir(), 'bench-stream-'));
  const path = join(folder, 'rows.f32');
  try {
    await writeRows(path, rows, columns);
    const source = fileRows(path, rows, columns);
    const { ms } = await timed(async () => {
      await fitKmeans(source, {
        columns,
        count: 128,
        restarts: 1,
        iterations: 2,
        sampleRows: 2000,
        tolerance: 0,
        rng: Rng.fromSeed(1),
        compute,
      });
      await fitPca(source, columns, 64, compute);
    });
    return {
      name: 'k-means (2 iterations) and PCA from disk',
      rows,
      columns,
      MiB: rounded((rows * columns * 4) / 2 ** 20),
      seconds: rounded(ms / 1000),
      peakMiB: rounded(process.resourceUsage().maxRSS / 1024),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
