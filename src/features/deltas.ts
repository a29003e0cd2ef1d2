// Time derivatives of frames by linear regression over a few neighbours, appended behind the frame.
// Source: HTK Book 3.4, eq. 5.16; frames beyond an edge repeat the edge.

/**
 * @param data [rows, columns]
 * @param orders how many derivatives: each is the regression of the one before
 * @param window neighbours on each side
 * @returns [rows, columns * (1 + orders)]
 */
export function appendDeltas(
  data: Float32Array,
  rows: number,
  columns: number,
  orders: number,
  window: number,
): Float32Array {
  const width = columns * (1 + orders);
  const out = new Float32Array(rows * width);
  for (let t = 0; t < rows; t++) out.set(data.subarray(t * columns, (t + 1) * columns), t * width);
  let squares = 0;
  for (let distance = 1; distance <= window; distance++) squares += distance * distance;
  for (let order = 1; order <= orders; order++) {
    const from = (order - 1) * columns;
    for (let t = 0; t < rows; t++) {
      for (let c = 0; c < columns; c++) {
        let slope = 0;
        for (let distance = 1; distance <= window; distance++) {
          const after = Math.min(rows - 1, t + distance) * width + from + c;
          const before = Math.max(0, t - distance) * width + from + c;
          slope += distance * ((out[after] as number) - (out[before] as number));
        }
        out[t * width + from + columns + c] = slope / (2 * squares);
      }
    }
  }
  return out;
}
