// What is predicted: clusters of segments. Speech is cut by least squares on MFCC (as the segments
// stage does), and each segment's vector gets its cluster in several codebooks; later rounds cluster
// what an encoder made of the same segments.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../core/log.js';
import type { Rng } from '../core/rng.js';
import { ShardWriter } from '../core/shard-writer.js';
import { ShardReader } from '../core/shards.js';
import type { Compute } from '../core/stage.js';
import { writeWholeOnce } from '../core/whole-folder.js';
import type { Block, BlockSource } from '../numeric/blocks.js';
import { fitKmeans } from '../numeric/kmeans.js';
import { createNearest } from '../numeric/nearest.js';
import { createProjection, fitPca } from '../numeric/pca.js';

/** Segments of one utterance. */
export interface SegmentedUtterance {
  readonly id: string;
  /** First frame (10 ms) after each. */
  readonly ends: Int32Array;
  /** [segments, columns] */
  readonly vectors: Float32Array;
  readonly columns: number;
}

/** Targets of every utterance. */
export interface Targets {
  /** Entries of each codebook. */
  readonly sizes: readonly number[];
  /** id to [rows every 20 ms, codebooks] */
  readonly rows: ReadonlyMap<string, Int16Array>;
}

export interface TargetOptions {
  readonly codebooks: readonly number[];
  /** Principal components of the vectors that are clustered; 0 = the vectors themselves. */
  readonly components: number;
  readonly columns: number;
  readonly rng: Rng;
  readonly compute: Compute;
  readonly log: Log;
}

const restarts = 2;
const iterations = 40;
const seedRows = 20_000;

/** @param segmented gives the utterances from the start, again and again, in the same order */
export async function clusterTargets(
  segmented: () => AsyncIterable<SegmentedUtterance>,
  options: TargetOptions,
): Promise<Targets> {
  const { codebooks, rng, compute, log } = options;
  const blocks: (Block & { readonly id: string; readonly ends: Int32Array })[] = [];
  for await (const { id, ends, vectors } of segmented()) blocks.push({ id, ends, data: vectors, rows: ends.length });
  const { source, columns } = await reduced(blocks, options);
  const rows = new Map(blocks.map(({ id, ends }) => [id, new Int16Array(rowsOf(ends) * codebooks.length)]));
  for (const [n, count] of codebooks.entries()) {
    const { centroids, inertia } = await fitKmeans(source, {
      columns,
      count,
      restarts,
      iterations,
      sampleRows: seedRows,
      rng: rng.fork(`codebook ${n}`),
      compute,
    });
    log.info(`${count} clusters of segments, mean squared distance ${inertia.toPrecision(4)}`);
    const search = createNearest({ columns, count, sets: 1 }, compute);
    search.setCentroids(centroids);
    let at = 0;
    for await (const { data, rows: segments } of source()) {
      const { id, ends } = blocks[at++]!;
      const indices = await search.find(data, segments);
      spread(rows.get(id)!, ends, indices, n, codebooks.length);
    }
    await search.dispose();
  }
  return { sizes: codebooks, rows };
}

async function reduced(
  blocks: readonly Block[],
  { columns, components, compute }: TargetOptions,
): Promise<{ source: BlockSource; columns: number }> {
  const source: BlockSource = async function* () {
    yield* blocks;
  };
  if (components === 0 || components >= columns) return { source, columns };
  const pca = await fitPca(source, columns, components, compute);
  const projection = createProjection(pca, compute);
  const projected: Block[] = [];
  for (const { data, rows } of blocks) projected.push({ data: await projection.apply(data, rows), rows });
  await projection.dispose();
  return {
    source: async function* () {
      yield* projected;
    },
    columns: pca.components,
  };
}

/** Rows of 20 ms: the segment of each even frame. */
const rowsOf = (ends: Int32Array): number => Math.ceil((ends.at(-1) ?? 0) / 2);

function spread(rows: Int16Array, ends: Int32Array, clusters: Int32Array, codebook: number, codebooks: number): void {
  let segment = 0;
  for (let row = 0; row * codebooks < rows.length; row++) {
    while (ends[segment]! <= 2 * row) segment++;
    rows[row * codebooks + codebook] = clusters[segment]!;
  }
}

const sizesFile = 'codebooks.json';

/** The targets in `folder`; made and stored when they are not there. */
export async function storedTargets(folder: string, make: () => Promise<Targets>): Promise<Targets> {
  await writeWholeOnce(folder, async (partial) => {
    const { sizes, rows } = await make();
    await using writer = await ShardWriter.create(partial, { columns: sizes.length, type: 'int16' });
    for (const [id, own] of rows) await writer.append(id, own);
    await writer.close();
    await writeFile(join(partial, sizesFile), JSON.stringify(sizes));
  });
  await using reader = await ShardReader.open(folder);
  const rows = new Map<string, Int16Array>();
  for (const id of reader.ids) rows.set(id, await reader.readInt16(id));
  return { sizes: JSON.parse(await readFile(join(folder, sizesFile), 'utf8')) as number[], rows };
}

/** Each with the codebooks of all, side by side; utterances that one of them lacks are left out. */
export function joinTargets(list: readonly Targets[]): Targets {
  const [first] = list;
  if (list.length === 1) return first!;
  const sizes = list.flatMap((one) => one.sizes);
  const rows = new Map<string, Int16Array>();
  for (const [id, own] of first!.rows) {
    const all = list.map((one) => one.rows.get(id));
    if (all.some((one) => one === undefined)) continue;
    const count = own.length / first!.sizes.length;
    const joined = new Int16Array(count * sizes.length);
    let from = 0;
    list.forEach((one, i) => {
      const width = one.sizes.length;
      for (let t = 0; t < count; t++)
        for (let n = 0; n < width; n++) joined[t * sizes.length + from + n] = all[i]![t * width + n]!;
      from += width;
    });
    rows.set(id, joined);
  }
  return { sizes, rows };
}
