// From rows of log-probabilities to a transcript, as the label-free metric wants it: best symbol of each row, equal
// neighbours merged, silence dropped.
import { withoutRepeats } from '../core/without-repeats.js';

/** Column of the largest value in each row of [rows, columns]; the first of equal ones. */
export function bestPhones(values: Float32Array, columns: number): Int32Array {
  return Int32Array.from({ length: values.length / columns }, (_, row) => {
    let best = 0;
    for (let c = 1; c < columns; c++) if (values[row * columns + c]! > values[row * columns + best]!) best = c;
    return best;
  });
}

/** Merges equal neighbours, then drops `silence` (so that silence keeps two equal phones apart). */
export const collapse = (path: ArrayLike<number>, silence = -1): number[] =>
  withoutRepeats(path).filter((phone) => phone !== silence);

/** @param phoneOf [units] the phone of each unit */
export function transcribeUnits(units: Int32Array, phoneOf: Int32Array): number[] {
  return collapse(units.map((unit) => phoneOf[unit]!));
}
