// Greedy decoding: log-probabilities of one utterance in, phones with their frames out. Best symbol of each row,
// equal neighbours merged, silence and the blank of a CTC model dropped (after merging, so that they keep two equal
// phones apart).
import { AsrError } from '../core/errors.js';
import type { Emission } from '../learn/emission.js';

/** A symbol over frames [startFrame, endFrame). */
export interface PhoneSpan {
  /** Index into the model's symbols. */
  readonly phone: number;
  readonly startFrame: number;
  readonly endFrame: number;
}

/**
 * @param symbols columns of the emission
 * @param silence index of the silence symbol; -1 where the model has none
 * @param blank index of a CTC model's blank; -1 where the model has none
 * @throws AsrError 'model' when the emission's parts do not fit each other or a value is NaN
 */
export function decodeGreedy(emission: Emission, symbols: number, silence: number, blank = -1): PhoneSpan[] {
  checkEmission(emission, symbols);
  const best: PhoneSpan[] = [];
  for (let row = 0; row < emission.rows; row++) {
    best.push({
      phone: bestColumn(emission.logProbs, row * symbols, symbols),
      startFrame: row === 0 ? 0 : (emission.ends[row - 1] as number),
      endFrame: emission.ends[row] as number,
    });
  }
  return collapse(best).filter(({ phone }) => phone !== silence && phone !== blank);
}

/** Merges neighbours with the same symbol into one span. */
export function collapse(spans: readonly PhoneSpan[]): PhoneSpan[] {
  const merged: PhoneSpan[] = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (last?.phone === span.phone) merged[merged.length - 1] = { ...last, endFrame: span.endFrame };
    else merged.push(span);
  }
  return merged;
}

/** The first of equal ones wins, so that results repeat. */
function bestColumn(logProbs: Float32Array, from: number, columns: number): number {
  let best = 0;
  for (let c = 0; c < columns; c++) {
    const value = logProbs[from + c] as number;
    if (Number.isNaN(value)) throw broken(`log-probability of symbol ${c} in row ${from / columns} is NaN`);
    if (value > (logProbs[from + best] as number)) best = c;
  }
  return best;
}

function checkEmission({ logProbs, rows, ends }: Emission, symbols: number): void {
  if (logProbs.length !== rows * symbols || ends.length !== rows) {
    throw broken(`${logProbs.length} log-probabilities and ${ends.length} ends for ${rows} rows of ${symbols} symbols`);
  }
  for (let row = 0; row < rows; row++) {
    const before = row === 0 ? 0 : (ends[row - 1] as number);
    if ((ends[row] as number) <= before)
      throw broken(`row ${row} ends at frame ${ends[row]}, which is not after ${before}`);
  }
}

const broken = (what: string): AsrError =>
  new AsrError('model', `decode: ${what}`, 'The model is damaged, or belongs to other segments; learn it again.');
