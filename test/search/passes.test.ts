// Forward-backward and Viterbi against the enumeration of every path of a small HMM.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { ForwardBackward } from '../../src/search/forward-backward.js';
import { bigramGraph } from '../../src/search/phone-graph.js';
import { createTopology } from '../../src/hmm/topology.js';
import { createHmmViterbi } from '../../src/hmm/viterbi.js';

const bigram = {
  initial: Float64Array.of(0.7, 0.3),
  next: Float64Array.of(0.1, 0.6, 0.5, 0.2),
  final: Float64Array.of(0.3, 0.3),
};
const topology = createTopology(bigram, 2, 4); // stays with probability 0.5
const graph = bigramGraph(bigram);
const rows = 6;
const scale = 0.4;
const options = { ...topology, acousticScale: scale, beam: 0 };
const rng = Rng.fromSeed('hmm');
const scores = Float32Array.from({ length: rows * topology.states }, () => 3 * rng.normal());

interface Path {
  readonly states: readonly number[];
  readonly phones: readonly number[];
  readonly ends: readonly number[];
  readonly p: number;
}

/** All paths with their probability (transitions and scaled scores). */
function paths(): Path[] {
  const found: Path[] = [];
  const acoustic = (t: number, s: number): number => Math.exp(scale * scores[t * 4 + s]!);
  const walk = (path: Path): void => {
    const t = path.states.length;
    const state = path.states.at(-1)!;
    const [v, c] = [state >> 1, state & 1];
    if (t === rows) {
      if (c === 1) found.push({ ...path, ends: [...path.ends, rows], p: path.p * 0.5 * bigram.final[v]! });
      return;
    }
    const step = (s: number, p: number, entered: boolean): void => {
      walk({
        states: [...path.states, s],
        phones: entered ? [...path.phones, s >> 1] : path.phones,
        ends: entered ? [...path.ends, t] : path.ends,
        p: path.p * p * acoustic(t, s),
      });
    };
    step(state, 0.5, false);
    if (c === 0) step(state + 1, 0.5, false);
    else for (const w of [0, 1]) step(2 * w, 0.5 * bigram.next[v * 2 + w]!, true);
  };
  for (const v of [0, 1]) walk({ states: [2 * v], phones: [v], ends: [], p: bigram.initial[v]! * acoustic(0, 2 * v) });
  return found;
}

describe('against all paths', () => {
  const all = paths();
  const total = all.reduce((sum, { p }) => sum + p, 0);

  it('forward-backward gives the likelihood and the posterior of each state', () => {
    const posterior = new Map<number, number[]>();
    const logLikelihood = new ForwardBackward(graph, options).run(scores, rows, (t, p) => {
      posterior.set(t, [...p]);
    });
    expect(logLikelihood).toBeCloseTo(Math.log(total), 8);
    for (let t = 0; t < rows; t++) {
      for (let s = 0; s < 4; s++) {
        const expected = all.filter(({ states }) => states[t] === s).reduce((sum, { p }) => sum + p, 0) / total;
        expect(posterior.get(t)![s]).toBeCloseTo(expected, 8);
      }
    }
  });

  it('Viterbi finds the best of them', () => {
    const best = all.reduce((a, b) => (b.p > a.p ? b : a));
    const { phones, ends } = createHmmViterbi(graph, options)(scores, rows);
    expect([...phones]).toEqual(best.phones);
    expect([...ends]).toEqual(best.ends);
  });
});

it('has no path for an utterance shorter than a phone', () => {
  expect(
    new ForwardBackward(graph, options).run(scores, 1, () => {
      throw new Error('visited');
    }),
  ).toBe(-Infinity);
  expect(createHmmViterbi(graph, options)(scores, 1).phones).toHaveLength(0);
});
