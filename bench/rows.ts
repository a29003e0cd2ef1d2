// K-means (Lloyd's iterations) and PCA against scikit-learn on the same rows, in turn within one run; and how much
// memory both need when the rows are ten times as many and are read from disk.
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Rng } from '../src/core/rng.js';
import type { Compute } from '../src/core/stage.js';
import { blocksOf, type BlockSource } from '../src/numeric/blocks.js';
import { fitKmeans } from '../src/numeric/kmeans.js';
import { fitPca } from '../src/numeric/pca.js';
import { Peer } from './peer.js';
import { alternate, rounded, timed, type Taken } from './timing.js';

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

export async function* benchRows(compute: Compute, wanted: boolean): AsyncGenerator<RowsLine> {
  const [rows, columns, count, components, iterations] = [200_000, 512, 128, 64, 5];
  const folder = await mkdtemp(join(tmpdir(), 'bench-rows-'));
  const path = join(folder, 'rows.f32');
  try {
    await writeRows(path, rows, columns);
    const data = await allRows(path, rows, columns);
    process.env['OMP_NUM_THREADS'] = String(compute.threads);
    const peer = wanted ? new Peer('rows.py') : undefined;
    await peer?.ask({ do: 'start', rows, columns, path });
    const ask = (command: Record<string, unknown>) => peer && (() => peer.ask<Taken>(command));
    const source = blocksOf(data, columns);
    const duel = async (
      name: string,
      ours: () => Promise<unknown>,
      command: Record<string, unknown>,
    ): Promise<RowsLine> => {
      const { ours: a, peer: b } = await alternate(() => timed(ours), ask(command), 3);
      return {
        name,
        rows,
        columns,
        ms: rounded(a.ms),
        peerMs: b ? rounded(b.ms) : null,
        ratio: b ? rounded(b.ms / a.ms) : null,
        cpuMs: rounded(a.cpuMs),
        peerCpuMs: b ? rounded(b.cpuMs) : null,
        cpuRatio: b ? rounded(b.cpuMs / a.cpuMs) : null,
        threads: compute.threads,
      };
    };
    const kmeans = (from: BlockSource) =>
      fitKmeans(from, {
        columns,
        count,
        restarts: 1,
        iterations,
        sampleRows: count,
        tolerance: 0,
        rng: Rng.fromSeed(1),
        compute,
      });
    yield await duel(`k-means, ${count} clusters, ${iterations} iterations`, () => kmeans(source), {
      do: 'kmeans',
      count,
      iterations,
    });
    yield await duel(
      `PCA to ${components}; peer: PCA(svd_solver="randomized")`,
      () => fitPca(source, columns, components, compute),
      { do: 'pca', components },
    );
    yield await duel(
      `PCA to ${components}; peer: numpy eigh of the covariance`,
      () => fitPca(source, columns, components, compute),
      { do: 'covariance' },
    );
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
