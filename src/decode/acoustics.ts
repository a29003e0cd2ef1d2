// What the search sees of an utterance, whatever model it comes from: weighted scores of every column at every row.
// A posterior model (table, generator, CTC) has one state a symbol; an HMM has a chain of states for each phone.
import { AsrError } from '../core/errors.js';
import { blankSymbol, type Emission, type Symbols } from '../learn/emission.js';
import type { Acoustics } from '../search/acoustics.js';
import type { SearchConfig } from '../search/config.js';

/** @throws AsrError 'model' when the emission's parts do not fit each other or a value is NaN */
export function acousticsOf(emission: Emission, symbols: Symbols, config: SearchConfig): Acoustics {
  return emission.states ? fromStates(emission.states, config) : fromPosteriors(emission, symbols, config);
}

function fromStates(states: NonNullable<Emission['states']>, config: SearchConfig): Acoustics {
  const { logDensities, frames, columns, statesPerPhone, stay, acousticScale, silence = -1 } = states;
  const scale = config.acousticScale * acousticScale;
  check(logDensities, frames, columns * statesPerPhone);
  return {
    scores: logDensities.map((value) => value * scale),
    rows: frames,
    columns,
    statesPerPhone,
    ends: states.ends ?? Int32Array.from({ length: frames }, (_, frame) => frame + 1),
    stay: Math.log(stay),
    leave: Math.log(1 - stay),
    silence,
    blank: -1,
  };
}

function fromPosteriors(
  { logProbs, rows, ends }: Emission,
  { phones, silence: silenceSymbol }: Symbols,
  config: SearchConfig,
): Acoustics {
  const columns = phones.length;
  check(logProbs, rows, columns);
  const silence = phones.indexOf(silenceSymbol);
  const blank = phones.includes(blankSymbol) ? phones.indexOf(blankSymbol) : config.silenceIsBlank ? silence : -1;
  // What is added to every row counts the rows.
  const joinable = phones.includes(blankSymbol) && config.blankWeight === 0 && config.silenceWeight === 0;
  const sparse = joinable ? blanksJoined({ logProbs, rows, ends }, columns, blank) : undefined;
  const scores = (sparse ?? { logProbs }).logProbs.map((value) => value * config.acousticScale);
  for (let at = 0; at < scores.length; at += columns) {
    if (blank >= 0)
      scores[at + blank] =
        config.blankMode === 'set' && config.blankWeight !== 0
          ? config.blankWeight
          : (scores[at + blank] as number) + config.blankWeight;
    if (silence >= 0) (scores[at + silence] as number) += config.silenceWeight;
  }
  return {
    scores,
    rows: sparse?.rows ?? rows,
    columns,
    ends: sparse?.ends ?? ends,
    ...{ statesPerPhone: 1, stay: 0, leave: 0, silence: silence === blank ? -1 : silence, blank },
  };
}

/** A row is nothing but blank from this log-probability on. */
const surelyBlank = Math.log(0.999);

/**
 * Neighbouring rows that are nothing but blank as one row, with the sum of their scores: most rows of a CTC network
 * are, and a search that walks through each of them finds the same.
 */
function blanksJoined(
  { logProbs, rows, ends }: Pick<Emission, 'logProbs' | 'rows' | 'ends'>,
  columns: number,
  blank: number,
): { logProbs: Float32Array; rows: number; ends: Int32Array } {
  const joined = new Float32Array(logProbs.length);
  const last = new Int32Array(rows);
  let kept = 0;
  let inBlank = false;
  for (let row = 0; row < rows; row++) {
    const isBlank = (logProbs[row * columns + blank] as number) >= surelyBlank;
    if (!isBlank || !inBlank) kept++;
    inBlank = isBlank;
    const to = (kept - 1) * columns;
    for (let column = 0; column < columns; column++)
      (joined[to + column] as number) += logProbs[row * columns + column] as number;
    last[kept - 1] = ends[row] as number;
  }
  return { logProbs: joined.slice(0, kept * columns), rows: kept, ends: last.slice(0, kept) };
}

function check(values: Float32Array, rows: number, columns: number): void {
  const broken = (what: string): AsrError =>
    new AsrError('model', `decode: ${what}`, 'The model is damaged, or belongs to other segments; learn it again.');
  if (values.length !== rows * columns)
    throw broken(`${values.length} log-probabilities for ${rows} rows of ${columns} symbols`);
  const nan = values.findIndex(Number.isNaN);
  if (nan >= 0) throw broken(`log-probability of column ${nan % columns} in row ${Math.floor(nan / columns)} is NaN`);
}
