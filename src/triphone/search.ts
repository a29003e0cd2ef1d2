// The most likely phones of an utterance under densities of tied states, durations and a phone language model.
import { createViterbi, type RowScores } from '../search/viterbi.js';
import type { ContextGraph } from './graph.js';

export interface SearchOptions {
  /** Factor on the densities. */
  readonly acousticScale: number;
  /** Natural-log distance to the best hypothesis at which others are dropped. */
  readonly beam: number;
  /** Hypotheses of a frame that go on, about; the beam narrows where there are more. */
  readonly maxActive?: number;
}

export interface FoundPhones {
  /** Silence is the number of phones. */
  readonly phones: Int32Array;
  /** First frame after each. */
  readonly ends: Int32Array;
  /** Natural log of the best path: scaled densities, durations and language model. -Infinity where there is none. */
  readonly score: number;
}

export const nothingFound: FoundPhones = { phones: new Int32Array(0), ends: new Int32Array(0), score: -Infinity };

/** @returns a search that keeps its buffers, and the graph as far as it was explored, between utterances */
export function createContextSearch(
  { network, start }: ContextGraph,
  { acousticScale, beam, ...limit }: SearchOptions,
): (densities: RowScores) => FoundPhones {
  const search = createViterbi(network, start, { scale: acousticScale, beams: [beam, 4 * beam], ...limit });
  return (densities) => {
    const found = search(densities);
    return found ? { phones: found.symbols, ends: found.ends, score: found.score } : nothingFound;
  };
}
