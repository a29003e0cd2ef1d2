// Units: the number of the nearest centroid for each segment vector. Loaded from a clusters stage folder or from
// a bundle that holds copies of the same two files.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { readFields } from '../core/jsonl.js';
import { readFloatNpy, writeNpy } from '../core/npy.js';
import type { Compute } from '../core/stage.js';
import { createNearest } from '../numeric/nearest.js';

const recordFile = 'clusters.json';
/** The model's files inside its folder, for those who copy it. */
export const clusterFiles = [recordFile, 'centroids.npy'] as const;

export const clustersSchema = z.object({
  count: z
    .number()
    .int()
    .positive()
    .max(1 << 20),
  columns: z
    .number()
    .int()
    .positive()
    .max(1 << 20),
  inertia: z.number().nonnegative().max(1e12),
  rows: z.number().int().nonnegative().max(1e12),
});
/** clusters.json: K, values per segment vector, mean squared distance and number of the rows it was fitted on. */
export type ClustersRecord = z.infer<typeof clustersSchema>;

/** The fields that are named; a folder made elsewhere need not hold the others. @throws AsrError 'input' */
export const readClusters = <K extends keyof ClustersRecord>(
  folder: string,
  ...fields: K[]
): Promise<Pick<ClustersRecord, K>> => readFields(join(folder, recordFile), clustersSchema, fields);

export interface Clusters {
  /** Number of units K. */
  readonly count: number;
  /** Values per vector that `assign` expects. */
  readonly columns: number;
  /**
   * @param vectors [rows, columns].
   * @returns [rows] unit numbers below `count`.
   * @throws AsrError 'input' for another shape
   */
  assign(vectors: Float32Array, rows: number): Promise<Int32Array>;
  dispose(): Promise<void>;
}

/** @param centroids [count, columns] */
export async function saveClusters(folder: string, record: ClustersRecord, centroids: Float32Array): Promise<void> {
  await writeFile(join(folder, recordFile), `${JSON.stringify(record, null, 2)}\n`);
  await writeNpy(join(folder, 'centroids.npy'), centroids, [record.count, record.columns]);
}

/** @throws AsrError 'input' or 'io' when a file is missing, damaged or the two do not belong together */
export async function loadClusters(folder: string, compute: Compute): Promise<Clusters> {
  const { count, columns } = await readClusters(folder, 'count', 'columns');
  const path = join(folder, 'centroids.npy');
  const { shape, data: centroids } = await readFloatNpy(path);
  if (shape.join() !== [count, columns].join()) {
    throw new AsrError(
      'input',
      `${path}: expected shape [${count}, ${columns}], found [${shape.join(', ')}]`,
      'The files of this model do not belong together; make it again.',
    );
  }
  const search = createNearest({ columns, count, sets: 1 }, compute);
  search.setCentroids(centroids);
  return {
    count,
    columns,
    assign: async (vectors, rows) => {
      if (vectors.length !== rows * columns) {
        throw new AsrError(
          'input',
          `clusters: expected ${rows} vectors of ${columns} values, found ${vectors.length} values`,
          'The vectors must come from the segmenter that the clusters were fitted on.',
        );
      }
      return search.find(vectors, rows);
    },
    dispose: () => search.dispose(),
  };
}
