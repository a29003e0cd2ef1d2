// The most likely path of one utterance through the phone HMM: scores in, phones with their last frames out.
import type { PhoneGraph } from '../search/phone-graph.js';
import { StateNetwork } from '../search/state-network.js';
import { createViterbi, ScoreTable } from '../search/viterbi.js';
import type { ForwardBackwardOptions } from '../search/forward-backward.js';

export interface PhonePath {
  readonly phones: Int32Array;
  /** First frame after each phone. */
  readonly ends: Int32Array;
}

/** What is impossible to the language model is only very unlikely: speech may say it all the same. */
const log = (p: number): number => Math.log(Math.max(p, 1e-30));

function hmmNetwork(graph: PhoneGraph, { statesPerPhone, stay }: ForwardBackwardOptions): StateNetwork {
  const { phones, phone, next, target, final } = graph;
  const each = (weight: number): Float64Array => new Float64Array(phones * statesPerPhone).fill(weight);
  const network = new StateNetwork(statesPerPhone, each(Math.log(stay)), each(Math.log(1 - stay)), (node) => {
    const from = node * phones;
    network.setArcs(
      node,
      Array.from(target.subarray(from, from + phones)),
      Array.from(next.subarray(from, from + phones), log),
    );
  });
  for (let node = 0; node < graph.nodes; node++) {
    const columns = Array.from({ length: statesPerPhone }, (_, c) => phone[node]! * statesPerPhone + c);
    network.addNode(phone[node]!, [{ columns, final: log(final[node]!) }]);
  }
  return network;
}

/** @returns a decoder that keeps its buffers between utterances; an utterance shorter than a phone has an empty path */
export function createHmmViterbi(
  graph: PhoneGraph,
  options: ForwardBackwardOptions,
): (scores: Float32Array, rows: number) => PhonePath {
  const { statesPerPhone, acousticScale, beam } = options;
  const search = createViterbi(
    hmmNetwork(graph, options),
    { nodes: Array.from(graph.start), weights: Array.from(graph.initial, log) },
    { scale: acousticScale, beams: [-Math.log(beam), Infinity] },
  );
  return (scores, rows) => {
    const found =
      rows < statesPerPhone ? undefined : search(new ScoreTable(scores, rows, graph.phones * statesPerPhone));
    return { phones: found?.symbols ?? new Int32Array(0), ends: found?.ends ?? new Int32Array(0) };
  };
}
