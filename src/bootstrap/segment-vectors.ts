// Labelled rows of an utterance to its phone segments, one vector each: what a classifier that may
// change the label of a whole segment sees.

/** Rows `first` to `end` - 1 carry one label. */
export interface LabelRun {
  readonly label: number;
  readonly first: number;
  readonly end: number;
}

/** Runs of equal labels, without those of `silence` and of rows that have no label. */
export function labelRuns(labels: Int16Array, silence: number): LabelRun[] {
  const runs: LabelRun[] = [];
  for (let first = 0; first < labels.length;) {
    const label = labels[first]!;
    let end = first + 1;
    while (end < labels.length && labels[end] === label) end++;
    if (label >= 0 && label !== silence) runs.push({ label, first, end });
    first = end;
  }
  return runs;
}

/**
 * The mean of each segment's middle half, where its neighbours reach least, and its length as a logarithm.
 * @param rows [rows, columns]
 * @returns [runs, columns + 1]
 */
export function poolRuns(runs: readonly LabelRun[], rows: Float32Array, columns: number): Float32Array {
  const out = new Float32Array(runs.length * (columns + 1));
  runs.forEach(({ first, end }, r) => {
    const margin = (end - first) >> 2;
    const at = r * (columns + 1);
    const count = end - first - 2 * margin;
    for (let t = first + margin; t < end - margin; t++)
      for (let c = 0; c < columns; c++) out[at + c]! += rows[t * columns + c]! / count;
    out[at + columns] = Math.log(end - first);
  });
  return out;
}

/** Row j of several side by side: [rows, a] and [rows, b] -> [rows, a + b]. */
export function sideBySide(
  parts: readonly { readonly data: Float32Array; readonly columns: number }[],
  rows: number,
): Float32Array {
  const width = parts.reduce((sum, { columns }) => sum + columns, 0);
  const out = new Float32Array(rows * width);
  let offset = 0;
  for (const { data, columns } of parts) {
    for (let j = 0; j < rows; j++) out.set(data.subarray(j * columns, (j + 1) * columns), j * width + offset);
    offset += columns;
  }
  return out;
}

/**
 * Each vector between the one before and the one after, zeros beyond the ends. [segments,
 * columns] -> [segments, 3 x columns]
 */
export function withNeighbours(vectors: Float32Array, columns: number): Float32Array {
  const segments = vectors.length / columns;
  const out = new Float32Array(segments * 3 * columns);
  for (let s = 0; s < segments; s++) {
    for (let neighbour = 0; neighbour < 3; neighbour++) {
      const from = s + neighbour - 1;
      if (from >= 0 && from < segments)
        out.set(vectors.subarray(from * columns, (from + 1) * columns), (3 * s + neighbour) * columns);
    }
  }
  return out;
}
