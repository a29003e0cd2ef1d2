// A vector for each n-gram by the words that stand around it: positive pointwise mutual information with frequent
// words, brought to few dimensions by the singular vectors of the 1-grams (Levy, Goldberg and Dagan, TACL 2015). For
// some hundred thousand words such counts serve better than networks, and the same text gives the same vectors.
import { Turns } from '../core/event-loop.js';
import type { Rng } from '../core/rng.js';
import { truncatedSvd, type SparseRows } from '../numeric/truncated-svd.js';
import type { Corpus, Phrases } from './corpus.js';

export interface VectorSettings {
  readonly dim: number;
  /** Words to each side that count. */
  readonly window: number;
  /** Most frequent words that serve as surroundings. */
  readonly contexts: number;
}

const smoothing = 0.75; // power of context frequencies: rare ones would be overrated
const power = 0.5; // of singular values in the vectors

/** @returns [phrases, dim] */
export async function phraseVectors(
  corpus: Corpus,
  phrases: Phrases,
  settings: VectorSettings,
  { rng, signal }: { readonly rng: Rng; readonly signal?: AbortSignal | undefined },
): Promise<Float32Array> {
  const { dim } = settings;
  const turns = new Turns(signal);
  const rows = await informationRows(corpus, phrases, settings, turns);
  const ones = phrases.lengths.findLastIndex((length) => length === 1) + 1;
  const { right, values } = await truncatedSvd({ ...rows, rows: ones }, dim, rng, signal);
  const out = new Float32Array(rows.rows * dim);
  for (let r = 0; r < rows.rows; r++) {
    if (turns.due) await turns.give();
    const vector = out.subarray(r * dim, (r + 1) * dim);
    for (let i = rows.starts[r]!; i < rows.starts[r + 1]!; i++) {
      const value = rows.values[i]!;
      const from = rows.at[i]! * dim;
      for (let k = 0; k < dim; k++) vector[k]! += value * right[from + k]!;
    }
    for (let k = 0; k < dim; k++) vector[k]! *= values[k]! > 0 ? values[k]! ** (power - 1) : 0;
  }
  return out;
}

/** Counts of each phrase's surroundings, phrase by phrase, as pointwise mutual information where that is positive. */
async function informationRows(
  corpus: Corpus,
  phrases: Phrases,
  { window, contexts }: VectorSettings,
  turns: Turns,
): Promise<SparseRows> {
  const { tokens, starts: begins } = corpus;
  const { sentences, occurrences } = phrases;
  const columns = Math.min(contexts, corpus.words.length);
  const smoothed = Float64Array.from(corpus.counts.subarray(0, columns), (n) => n ** smoothing);
  const all = smoothed.reduce((sum, n) => sum + n, 0);
  const around = new Float64Array(columns);
  const starts = new Int32Array(phrases.names.length + 1);
  const at: number[] = [];
  const values: number[] = [];
  for (let p = 0; p < phrases.names.length; p++) {
    if (turns.due) await turns.give();
    const touched: number[] = [];
    let total = 0;
    const add = (position: number, distance: number): void => {
      const context = tokens[position]!;
      const weight = 1 - (distance - 1) / window;
      total += weight;
      if (context >= columns) return;
      if (around[context] === 0) touched.push(context);
      around[context]! += weight;
    };
    for (let i = phrases.starts[p]!; i < phrases.starts[p + 1]!; i++) {
      const first = occurrences[i]!;
      const last = first + phrases.lengths[p]! - 1;
      const sentence = sentences[first]!;
      for (let d = 1; d <= window; d++) {
        if (first - d >= begins[sentence]!) add(first - d, d);
        if (last + d < begins[sentence + 1]!) add(last + d, d);
      }
    }
    touched.sort((a, b) => a - b);
    for (const context of touched) {
      const information = Math.log((around[context]! * all) / (total * smoothed[context]!));
      if (information > 0) {
        at.push(context);
        values.push(information);
      }
      around[context] = 0;
    }
    starts[p + 1] = at.length;
  }
  return {
    rows: phrases.names.length,
    columns,
    starts,
    at: Int32Array.from(at),
    values: Float32Array.from(values),
  };
}
