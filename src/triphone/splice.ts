// A linear map of every frame together with its neighbours: where frames are spliced, projected (LDA), rotated (MLLT)
// and moved to a common speaker (fMLLR), all of it is one matrix and one offset.

export interface FrameMap {
  /** Values of a frame that are read, from the first; columns of the frames. */
  readonly statics: number;
  readonly columns: number;
  /** Neighbours on each side. */
  readonly context: number;
  readonly rows: number;
  /** [rows, (2 context + 1) statics]; absent for frames as they are. */
  readonly matrix?: Float64Array | undefined;
}

/** [rows, (2 context + 1) statics]; a frame beyond an edge is the edge. */
export function splice(
  frames: Float32Array,
  rows: number,
  { statics, columns, context }: Pick<FrameMap, 'statics' | 'columns' | 'context'>,
): Float32Array {
  const width = (2 * context + 1) * statics;
  const out = new Float32Array(rows * width);
  for (let t = 0; t < rows; t++) {
    for (let k = -context; k <= context; k++) {
      const from = Math.min(rows - 1, Math.max(0, t + k)) * columns;
      out.set(frames.subarray(from, from + statics), t * width + (k + context) * statics);
    }
  }
  return out;
}

/** @param frames [rows, columns]. @returns [rows, map.rows] */
export function mapFrames(frames: Float32Array, rows: number, map: FrameMap): Float32Array {
  const { matrix } = map;
  if (!matrix) return frames.subarray(0, rows * map.columns);
  const width = (2 * map.context + 1) * map.statics;
  const spliced = splice(frames, rows, map);
  const out = new Float32Array(rows * map.rows);
  for (let t = 0; t < rows; t++) {
    for (let d = 0; d < map.rows; d++) {
      let sum = 0;
      for (let i = 0, at = d * width, from = t * width; i < width; i++, at++, from++)
        sum += matrix[at]! * spliced[from]!;
      out[t * map.rows + d] = sum;
    }
  }
  return out;
}

/** x -> A x + b for every row. @param affine [dim, dim + 1], the offset last in each row */
export function applyAffine(frames: Float32Array, rows: number, dim: number, affine: Float64Array): Float32Array {
  const out = new Float32Array(rows * dim);
  for (let t = 0; t < rows; t++) {
    for (let d = 0; d < dim; d++) {
      const at = d * (dim + 1);
      let sum = affine[at + dim]!;
      for (let i = 0; i < dim; i++) sum += affine[at + i]! * frames[t * dim + i]!;
      out[t * dim + d] = sum;
    }
  }
  return out;
}
