// The best phones of one utterance under scores of every row and a phone n-gram model: each phone at least `minRows`
// rows long, silence anywhere between phones.
import type { NgramModel } from '../lm/ngram.js';
import { ngramGraph, type PhoneGraph } from '../search/phone-graph.js';
import { StateNetwork } from '../search/state-network.js';
import { createViterbi, ScoreTable } from '../search/viterbi.js';

export type { PhoneGraph };

/** @param phones symbols, silence not among them */
export const phoneGraph = (lm: NgramModel, phones: readonly string[]): PhoneGraph =>
  ngramGraph(
    lm,
    phones.map((phone) => lm.id(phone)),
  );

export interface SearchSettings {
  /** Added for every phone. */
  readonly insertion: number;
  readonly minRows: number;
  /** Natural log distance to the best beyond which a hypothesis is dropped. */
  readonly beam: number;
}

export interface FoundPath {
  /** [rows] phone of each row, `phones` for silence. */
  readonly rows: Int16Array;
  /** Phones in order, without silence; equal neighbours stay two. */
  readonly phones: Int32Array;
  /** [phones] first row of each. */
  readonly starts: Int32Array;
  readonly score: number;
}

/** Nodes of the graph, then the silence after each, then the silence that an utterance starts with. */
function durationNetwork(graph: PhoneGraph, { insertion, minRows }: SearchSettings): StateNetwork {
  const { nodes, phones, phone, next, target, initial, start } = graph;
  const weights = (symbol: number): number[] =>
    Array.from({ length: minRows }, (_, c) => (symbol < phones && c < minRows - 1 ? -Infinity : 0));
  const stay = Float64Array.from(Array.from({ length: phones + 1 }, (_, symbol) => weights(symbol)).flat());
  const entering = (p: number): number => Math.log(p) + insertion;
  const network = new StateNetwork(minRows, stay, new Float64Array(stay.length), (hmm) => {
    if (hmm === 2 * nodes) return network.setArcs(hmm, Array.from(start), Array.from(initial, entering));
    const from = (hmm % nodes) * phones;
    const arcs = Array.from(target.subarray(from, from + phones));
    const scores = Array.from(next.subarray(from, from + phones), entering);
    if (hmm < nodes) network.setArcs(hmm, [...arcs, nodes + hmm], [...scores, 0]);
    else network.setArcs(hmm, arcs, scores);
  });
  for (let node = 0; node < nodes; node++) {
    const columns = new Array<number>(minRows).fill(phone[node]!);
    network.addNode(phone[node]!, [{ columns, final: Math.log(graph.final[node]!) }]);
  }
  for (let node = 0; node < nodes; node++)
    network.addNode(phones, [{ columns: [phones], final: Math.log(graph.final[node]!) }]);
  network.addNode(phones, [{ columns: [phones], final: Math.log(graph.empty) }]);
  return network;
}

/** @returns a search that keeps its buffers between utterances. Scores: [rows, phones + 1], silence last */
export function createSearch(
  graph: PhoneGraph,
  settings: SearchSettings,
): (scores: Float32Array, rows: number) => FoundPath {
  const { phones, nodes, start, initial } = graph;
  const search = createViterbi(
    durationNetwork(graph, settings),
    {
      nodes: [...start, 2 * nodes],
      weights: [...Array.from(initial, (p) => Math.log(p) + settings.insertion), 0],
    },
    { scale: 1, beams: [settings.beam] },
  );
  return (scores, rows) => {
    const found = search(new ScoreTable(scores, rows, phones + 1));
    const path = new Int16Array(rows).fill(phones);
    const spoken: number[] = [];
    const starts: number[] = [];
    found?.symbols.forEach((symbol, i) => {
      if (symbol === phones) return;
      const from = i === 0 ? 0 : found.ends[i - 1]!;
      path.fill(symbol, from, found.ends[i]);
      spoken.push(symbol);
      starts.push(from);
    });
    return {
      rows: path,
      phones: Int32Array.from(spoken),
      starts: Int32Array.from(starts),
      score: found?.score ?? -Infinity,
    };
  };
}
