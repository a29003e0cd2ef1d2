// The states of a phone HMM and how they follow each other: each phone a left-to-right chain, chains joined by a
// phone bigram. Probabilities, not logarithms: the passes scale per frame.

import type { PhoneBigram } from '../search/phone-graph.js';

export interface Topology {
  readonly phones: number;
  /** States of one phone; state s of phone v has the index v * statesPerPhone + s. */
  readonly statesPerPhone: number;
  /** phones x statesPerPhone */
  readonly states: number;
  /** Probability of staying in a state for one more frame; the same for all. */
  readonly stay: number;
  readonly bigram: PhoneBigram;
}

/** @param framesPerPhone mean length of a phone, which sets the probability of staying */
export function createTopology(bigram: PhoneBigram, statesPerPhone: number, framesPerPhone: number): Topology {
  const phones = bigram.initial.length;
  return {
    phones,
    statesPerPhone,
    states: phones * statesPerPhone,
    stay: Math.min(0.98, Math.max(0.02, 1 - statesPerPhone / framesPerPhone)),
    bigram,
  };
}
