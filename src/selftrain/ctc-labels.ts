// Strings of labels for stretches of a tape of utterances. Each row carries its phone and whether the
// phone is the first, third … or the second, fourth … of its utterance, so that two equal phones in a
// row stay two wherever the tape is cut.
import type { FrameLabels } from './labels.js';
import { ctcSums } from './ctc-loss.js';
import type { FindTargets } from '../bootstrap/train.js';

/** One code for every second frame. */
export function rowCodes({ phones, ends }: FrameLabels): Int16Array {
  const rows = Math.ceil((ends.at(-1) ?? 0) / 2);
  let at = 0;
  return Int16Array.from({ length: rows }, (_, row) => {
    while (at + 1 < phones.length && ends[at]! <= 2 * row) at++;
    return 2 * phones[at]! + (at & 1);
  });
}

/** The phones of a stretch of rows in order; one of which a single row is left at an edge is not among them. */
export function stringOf(codes: ArrayLike<number>): number[] {
  const runs: { code: number; rows: number }[] = [];
  for (let row = 0; row < codes.length; row++) {
    const last = runs.at(-1);
    if (last && last.code === codes[row]) last.rows++;
    else runs.push({ code: codes[row]!, rows: 1 });
  }
  return runs
    .filter(({ code, rows }, i) => code >= 0 && (rows > 1 || (i > 0 && i < runs.length - 1)))
    .map(({ code }) => code >> 1);
}

/**
 * Targets of batches of crops under CTC.
 * @param columns phones, silence and, last, the blank
 * @param rows of a crop
 */
export function ctcTargets(columns: number, rows: number): FindTargets {
  return (logProbs, codes) => {
    const targets = new Float32Array(logProbs.length);
    let loss = 0;
    let count = 0;
    for (let crop = 0; crop * rows < codes.length; crop++) {
      const labels = stringOf(codes.subarray(crop * rows, (crop + 1) * rows));
      const from = crop * rows * columns;
      const sums = ctcSums(logProbs.subarray(from, from + rows * columns), columns, labels, columns - 1);
      // More labels than rows can say: this crop teaches nothing.
      if (!sums) continue;
      targets.set(sums.occupancy, from);
      loss += sums.loss;
      count += labels.length;
    }
    return { targets, loss: loss / Math.max(1, count) };
  };
}
