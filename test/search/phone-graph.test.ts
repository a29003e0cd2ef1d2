// The phone graph of an n-gram model against the model itself, and forward-backward and Viterbi over it against the
// enumeration of every phone sequence.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { ForwardBackward } from '../../src/search/forward-backward.js';
import { bigramGraph, likelyFirst, ngramGraph } from '../../src/search/phone-graph.js';
import { createHmmViterbi } from '../../src/hmm/viterbi.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';

const symbols = ['a', 'b', 'c'];
const rng = Rng.fromSeed('graph');
const sentences = Array.from({ length: 60 }, () =>
  Array.from({ length: 3 + rng.integer(6) }, (_, i) => symbols[(i + rng.integer(2)) % 3]!),
);
const lm = estimateNgram(sentences, { order: 3 });
const ids = symbols.map((symbol) => lm.id(symbol));
const graph = ngramGraph(lm, ids);

/** Natural probability of a phone sequence with its end, along the graph. */
function along(sequence: readonly number[]): number {
  let node = graph.start[sequence[0]!]!;
  let p = graph.initial[sequence[0]!]!;
  for (const w of sequence.slice(1)) {
    p *= graph.next[node * 3 + w]!;
    node = graph.target[node * 3 + w]!;
  }
  expect(graph.phone[node]).toBe(sequence.at(-1));
  return p * graph.final[node]!;
}

const sequences = (length: number): number[][] =>
  length === 0 ? [[]] : sequences(length - 1).flatMap((s) => [0, 1, 2].map((v) => [...s, v]));

it('gives every sentence the probability of the model', () => {
  for (const sequence of [1, 2, 3, 4].flatMap(sequences)) {
    expect(Math.log10(along(sequence))).toBeCloseTo(lm.scoreSentence(sequence.map((v) => ids[v]!)), 9);
  }
});

it("leaves next to nothing but the model's share of unknown symbols", () => {
  for (let node = 0; node < graph.nodes; node++) {
    const sum = [0, 1, 2].reduce((total, w) => total + graph.next[node * 3 + w]!, graph.final[node]!);
    expect(sum).toBeLessThan(1 + 1e-9);
    expect(sum).toBeGreaterThan(0.9);
  }
});

it('has one node a phone for a bigram', () => {
  const next = Float64Array.of(0.1, 0.5, 0.2, 0.3);
  const { nodes, target, phone } = bigramGraph({
    initial: Float64Array.of(0.5, 0.5),
    next,
    final: Float64Array.of(0.4, 0.5),
  });
  expect([nodes, ...phone, ...target]).toEqual([2, 0, 1, 0, 1, 0, 1]);
});

// With one state a phone and 5 frames, every path is a sequence of phones with lengths; few enough to write down.
describe('against all paths', () => {
  const rows = 5;
  const options = { statesPerPhone: 1, stay: 0.4, acousticScale: 0.7, beam: 0 };
  const scores = Float32Array.from({ length: rows * 3 }, () => 2 * rng.normal());

  /** All phones at all frames; a frame that begins a phone is marked, since equal phones may follow each other. */
  const paths = sequences(rows).flatMap((states) =>
    Array.from({ length: 2 ** (rows - 1) }, (_, cuts) => {
      const begins = states.map((_, t) => t === 0 || (cuts >> (t - 1)) % 2 === 1);
      if (states.some((v, t) => !begins[t] && v !== states[t - 1])) return undefined;
      const phones = states.filter((_, t) => begins[t]);
      const acoustic = states.reduce((sum, v, t) => sum + options.acousticScale * scores[t * 3 + v]!, 0);
      return {
        states,
        phones,
        p: along(phones) * 0.6 ** phones.length * 0.4 ** (rows - phones.length) * Math.exp(acoustic),
      };
    }).filter((path) => path !== undefined),
  );
  const total = paths.reduce((sum, { p }) => sum + p, 0);

  it('sums them', () => {
    const logLikelihood = new ForwardBackward(graph, options).run(scores, rows, (t, posterior) => {
      for (let v = 0; v < 3; v++)
        expect(posterior[v]).toBeCloseTo(
          paths.filter(({ states }) => states[t] === v).reduce((sum, { p }) => sum + p, 0) / total,
          9,
        );
    });
    expect(logLikelihood).toBeCloseTo(Math.log(total), 9);
  });

  it('finds the best', () => {
    const best = paths.reduce((a, b) => (b.p > a.p ? b : a));
    expect([...createHmmViterbi(graph, options)(scores, rows).phones]).toEqual(best.phones);
  });

  it('stays close with a beam, and finds a path when the beam would lose them all', () => {
    const likelihood = (beam: number): number =>
      new ForwardBackward(graph, { ...options, beam }).run(scores, rows, () => undefined);
    expect(Math.abs(likelihood(1e-6) - Math.log(total))).toBeLessThan(1e-4);
    expect(likelihood(0.999)).toBeCloseTo(Math.log(total), 9);
  });

  it('gives the same for the next utterance, whatever came before', () => {
    const passes = new ForwardBackward(graph, { ...options, beam: 1e-3 });
    const first = passes.run(scores, rows, () => undefined);
    passes.run(
      scores.map((x) => -x),
      3,
      () => undefined,
    );
    expect(passes.run(scores, rows, () => undefined)).toBe(first);
  });
});

it('sorts the arcs of a node without parting a probability from where it leads', () => {
  const { next, target } = likelyFirst(graph);
  const pairs = (arcs: Pick<typeof graph, 'next' | 'target'>, node: number): string[] =>
    [0, 1, 2].map((w) => `${arcs.next[node * 3 + w]!} ${arcs.target[node * 3 + w]!}`);
  for (let node = 0; node < graph.nodes; node++) {
    expect(pairs({ next, target }, node).sort()).toEqual(pairs(graph, node).sort());
    expect([...next.subarray(node * 3, node * 3 + 3)]).toEqual(
      [...next.subarray(node * 3, node * 3 + 3)].sort((a, b) => b - a),
    );
  }
});
