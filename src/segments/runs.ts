// Segments as in wav2vec-U (Baevski et al., 2021; merge_clusters.py and mean_pool.py of the reference): runs of
// frames with one cluster become one vector, then neighbouring runs are averaged two by two.

/** First frame after each run of equal numbers. */
export function runEnds(units: Int32Array): Int32Array {
  const ends: number[] = [];
  for (let t = 1; t <= units.length; t++) if (t === units.length || units[t] !== units[t - 1]) ends.push(t);
  return Int32Array.from(ends);
}

/** Mean of each segment's rows: [T, columns] -> [S, columns]. */
export function segmentMeans(rows: Float32Array, columns: number, ends: Int32Array): Float32Array {
  const means = new Float32Array(ends.length * columns);
  const sums = new Float64Array(columns);
  let start = 0;
  ends.forEach((end, s) => {
    sums.fill(0);
    for (let t = start; t < end; t++)
      for (let c = 0; c < columns; c++) sums[c] = (sums[c] as number) + (rows[t * columns + c] as number);
    for (let c = 0; c < columns; c++) means[s * columns + c] = (sums[c] as number) / (end - start);
    start = end;
  });
  return means;
}

export interface Vectors {
  /** First frame after each row's stretch of sound. */
  readonly ends: Int32Array;
  /** [rows, columns] */
  readonly data: Float32Array;
}

/**
 * Averages rows two by two, [S, columns] -> [ceil(S / 2), columns]; an odd last row stays alone, which is what the
 * reference's padding with copies of the last row amounts to. Runs count alike whatever their length.
 */
export function averagePairs({ ends, data }: Vectors, columns: number): Vectors {
  const pairs = Math.ceil(ends.length / 2);
  const pooled = new Float32Array(pairs * columns);
  const pairEnds = new Int32Array(pairs);
  for (let p = 0; p < pairs; p++) {
    const first = 2 * p;
    const second = Math.min(first + 1, ends.length - 1);
    for (let c = 0; c < columns; c++)
      pooled[p * columns + c] = ((data[first * columns + c] as number) + (data[second * columns + c] as number)) / 2;
    pairEnds[p] = ends[second] as number;
  }
  return { ends: pairEnds, data: pooled };
}
