// A first map without any word known: words of like frequency are each other's first guess, the most frequent ones
// first; each map that these ask for judges more words, with less trust in frequency alone. For texts of one kind,
// where a word and its translation are about equally frequent.
import { giveWay } from '../core/event-loop.js';
import { procrustes } from './procrustes.js';
import type { Side } from './csls.js';

const firstWords = 40;
const mostWords = 2000;
const roundsAtSize = 4;
const trust = 0.3; // cosine that a frequency e times as high takes off

/**
 * @param counts how often each row's word stands in its text, most frequent first
 * @returns [dim, dim]
 */
export async function frequencyStart(
  source: Side,
  target: Side,
  counts: Readonly<Record<'source' | 'target', ArrayLike<number>>>,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const dim = source.data.length / source.rows;
  const most = Math.min(mostWords, source.rows, target.rows);
  const logs = (values: ArrayLike<number>): Float64Array => {
    const total = Array.from(values).reduce((sum, n) => sum + n, 0);
    return Float64Array.from({ length: most }, (_, i) => Math.log(values[i]! / total));
  };
  const [own, other] = [logs(counts.source), logs(counts.target)];
  let pairs = Array.from({ length: Math.min(firstWords, most) }, (_, i): [number, number] => [i, i]);
  let map = procrustes(source, target, dim, pairs);
  for (let size = Math.min(2 * firstWords, most); ; size = Math.min(2 * size, most)) {
    for (let round = 0; round < roundsAtSize; round++) {
      await giveWay(signal);
      pairs = mutual(placed(source, map, size, dim), target.data, [own, other], size, dim);
      if (pairs.length === 0) return map;
      map = procrustes(source, target, dim, pairs);
    }
    if (size === most) return map;
  }
}

function placed({ data }: Side, map: Float32Array, rows: number, dim: number): Float32Array {
  const out = new Float32Array(rows * dim);
  for (let i = 0; i < rows; i++)
    for (let a = 0; a < dim; a++) {
      const x = data[i * dim + a]!;
      for (let b = 0; b < dim; b++) out[i * dim + b]! += x * map[a * dim + b]!;
    }
  return out;
}

/** Rows that are each other's best by cosine and frequency. */
function mutual(
  source: Float32Array,
  target: Float32Array,
  [own, other]: readonly [Float64Array, Float64Array],
  rows: number,
  dim: number,
): [number, number][] {
  const forward = new Int32Array(rows);
  const backward = new Int32Array(rows);
  const bestOf = new Float64Array(rows).fill(-Infinity);
  for (let i = 0; i < rows; i++) {
    let best = -Infinity;
    for (let j = 0; j < rows; j++) {
      let score = -trust * Math.abs(own[i]! - other[j]!);
      for (let k = 0; k < dim; k++) score += source[i * dim + k]! * target[j * dim + k]!;
      if (score > best) {
        best = score;
        forward[i] = j;
      }
      if (score > bestOf[j]!) {
        bestOf[j] = score;
        backward[j] = i;
      }
    }
  }
  return Array.from(forward, (j, i): [number, number] => [i, j]).filter(([i, j]) => backward[j] === i);
}
