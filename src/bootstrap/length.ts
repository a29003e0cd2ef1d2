// How long the output should be. The search adds a score for every phone; which one is right depends on how sure the
// network is, so that it is fitted: to so many phones a second as two estimates without labels say together.
import { giveWay } from '../core/event-loop.js';
import type { Rng } from '../core/rng.js';
import { fitScore } from '../search/fit-score.js';
import { createSearch, type PhoneGraph, type SearchSettings } from './search.js';
import type { BootstrapSettings } from './settings.js';

/** Phones a second of the recordings. */
export interface LengthEstimates {
  /** As if utterances were as long as the sentences of the text; equal neighbours count once. */
  readonly text: number;
  /** What is heard with the insertion score that gives held-out synthetic speech its true length. */
  readonly source: number;
}

export interface ExpectedLength extends LengthEstimates {
  /** Phones a second that insertion scores are fitted to. */
  readonly expected: number;
  /** The larger of the estimates over the smaller. */
  readonly spread: number;
}

/** Estimates further apart than this contradict each other. */
const near = 1.2;

/** One named estimate; or, by `auto`, the middle of both where they agree, and else the one that heard the sound. */
export function expectLength(estimates: LengthEstimates, from: BootstrapSettings['length']['from']): ExpectedLength {
  const { text, source } = estimates;
  const spread = Math.max(text, source) / Math.min(text, source);
  const agreed = spread <= near ? Math.sqrt(text * source) : source;
  return { ...estimates, expected: from === 'auto' ? agreed : estimates[from], spread };
}

/** Scores of one utterance for the search. */
export interface ScoredRows {
  /** [rows, phones + 1] */
  readonly scores: Float32Array;
  readonly rows: number;
}

/** How many phones the search finds in all, equal neighbours once. */
export async function phonesFound(
  sample: readonly ScoredRows[],
  graph: PhoneGraph,
  settings: SearchSettings,
  signal?: AbortSignal,
): Promise<number> {
  const search = createSearch(graph, settings);
  let count = 0;
  for (const { scores, rows } of sample) {
    await giveWay(signal);
    let last = graph.phones;
    for (const label of search(scores, rows).rows) {
      if (label !== last && label !== graph.phones) count++;
      last = label;
    }
  }
  return count;
}

const firstGuess = 1;

/** The insertion score with which as many phones are found as expected: more of it, more phones. */
export async function fitInsertion(
  sample: readonly ScoredRows[],
  graph: PhoneGraph,
  settings: Omit<SearchSettings, 'insertion'>,
  phones: number,
  signal?: AbortSignal,
): Promise<number> {
  const attempt = async (insertion: number): Promise<{ made: number; error: number }> => {
    const made = await phonesFound(sample, graph, { ...settings, insertion }, signal);
    return { made, error: Math.log((made + 1e-3) / phones) };
  };
  return (await fitScore(attempt, { start: firstGuess })).score;
}

/** Training utterances on which lengths are fitted. */
export const lengthSample = (ids: readonly string[], count: number, rng: Rng): string[] =>
  rng.shuffleInPlace([...ids]).slice(0, count);
