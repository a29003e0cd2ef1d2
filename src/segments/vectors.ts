// One vector per segment: the mean of its middle half (where the phone is most itself), its duration, and its
// first and last frame (where its neighbours show). Also the runs of wav2vec-U: run means and neighbour pairs.

export interface VectorOptions {
  /** First columns of the features that are used. */
  readonly columns: number;
  /** Weight of the natural log of the duration in frames. */
  readonly duration: number;
  /** Weight of the first and the last frame. */
  readonly edges: number;
}

/** Values of one segment's vector: middle, duration, first frame, last frame. */
export const vectorSize = ({ columns }: VectorOptions): number => 3 * columns + 1;

/**
 * @param features [T, dim]
 * @param ends first frame after each segment
 * @returns [segments, 3 * columns + 1]
 */
export function segmentVectors(
  features: Float32Array,
  dim: number,
  ends: Int32Array,
  options: VectorOptions,
): Float32Array {
  const { columns, duration, edges } = options;
  const size = vectorSize(options);
  const vectors = new Float32Array(ends.length * size); // [T, dim] -> [S, size]
  let start = 0;
  ends.forEach((end, s) => {
    const length = end - start;
    const margin = Math.floor(length / 4);
    const at = s * size;
    const frames = length - 2 * margin;
    for (let c = 0; c < columns; c++) {
      let sum = 0;
      for (let t = start + margin; t < end - margin; t++) sum += features[t * dim + c] as number;
      vectors[at + c] = sum / frames;
      vectors[at + columns + 1 + c] = edges * (features[start * dim + c] as number);
      vectors[at + 2 * columns + 1 + c] = edges * (features[(end - 1) * dim + c] as number);
    }
    vectors[at + columns] = duration * Math.log(length);
    start = end;
  });
  return vectors;
}
