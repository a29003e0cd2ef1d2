// Which phone follows which, as a graph: a node is a phone together with as much of what came before it as the language
// model looks at. A bigram has one node for each phone, a trigram one for each pair that it remembers.
import { LmStates, type StateModel } from './lm-states.js';

/** How phones follow each other in sentences; all natural probabilities. */
export interface PhoneBigram {
  /** [V] first phone of a sentence. */
  readonly initial: Float64Array;
  /** [V, V] next phone, row by row. */
  readonly next: Float64Array;
  /** [V] the sentence ends after this phone; each row of `next` and this sum to 1. */
  readonly final: Float64Array;
}

export interface PhoneGraph {
  readonly nodes: number;
  readonly phones: number;
  /** [nodes] the phone that is spoken in a node. */
  readonly phone: Int32Array;
  /** [V] probability that a sentence starts with each phone, and the node that it starts in. */
  readonly initial: Float64Array;
  readonly start: Int32Array;
  /** [nodes, V] P(next phone | node), and the node that it leads to. */
  readonly next: Float64Array;
  readonly target: Int32Array;
  /**
   * [nodes] P(the sentence ends | node); each row of `next` and this sum to 1, or to a little less
   * where the model expects unknown symbols.
   */
  readonly final: Float64Array;
  /** P(a sentence without a phone). */
  readonly empty: number;
}

/** Arcs of each node, [nodes, V]: probabilities and the nodes that they lead to. */
export type Arcs = Pick<PhoneGraph, 'next' | 'target'>;

/**
 * The arcs of each node with the most probable first, so that a search with a beam may
 * stop at the first that is too small.
 */
export function likelyFirst({ nodes, phones, next, target }: PhoneGraph): Arcs {
  const sorted = { next: new Float64Array(next.length), target: new Int32Array(target.length) };
  const order = Array.from({ length: phones }, (_, w) => w);
  for (let node = 0, from = 0; node < nodes; node++, from += phones) {
    order.sort((a, b) => next[from + b]! - next[from + a]! || a - b);
    order.forEach((w, place) => {
      sorted.next[from + place] = next[from + w]!;
      sorted.target[from + place] = target[from + w]!;
    });
  }
  return sorted;
}

export function bigramGraph({ initial, next, final }: PhoneBigram): PhoneGraph {
  const phones = initial.length;
  const all = Int32Array.from({ length: phones }, (_, v) => v);
  return {
    nodes: phones,
    phones,
    phone: all,
    initial,
    start: all,
    next,
    target: Int32Array.from(next, (_, i) => i % phones),
    final,
    empty: 0,
  };
}

/**
 * Every state of the model that a sentence of these phones can reach.
 * @param ids of the phones in the model, by phone index
 */
export function ngramGraph(lm: StateModel, ids: readonly number[]): PhoneGraph {
  const states = new LmStates(lm, ids);
  const nodes = new Map<string, number>();
  const found: { state: number; phone: number }[] = [];
  // A state may have forgotten its last phone, so a node is both.
  const nodeOf = (state: number, phone: number): number => {
    const key = `${state} ${phone}`;
    let node = nodes.get(key);
    if (node === undefined) {
      nodes.set(key, (node = found.length));
      found.push({ state, phone });
    }
    return node;
  };
  const first = states.after(lm.startState);
  const start = first.memories.map(nodeOf);
  const next: number[] = [];
  const target: number[] = [];
  for (let node = 0; node < found.length; node++) {
    const { weights, memories } = states.after(found[node]!.state);
    for (let w = 0; w < ids.length; w++) {
      next.push(Math.exp(weights[w]!));
      target.push(nodeOf(memories[w]!, w));
    }
  }
  return {
    nodes: found.length,
    phones: ids.length,
    phone: Int32Array.from(found, ({ phone }) => phone),
    initial: first.weights.map(Math.exp),
    start,
    next: Float64Array.from(next),
    target: Int32Array.from(target),
    final: Float64Array.from(found, ({ state }) => Math.exp(states.finish(state))),
    empty: Math.exp(states.finish(lm.startState)),
  };
}
