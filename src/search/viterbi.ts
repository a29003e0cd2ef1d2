// The most likely path of one utterance through the phone HMM: scores in, phones with their last frames out. Paths far
// behind the best of their frame are dropped, as in forward-backward.
import type { PassOptions } from './forward-backward.js';
import { likelyFirst, type PhoneGraph } from './phone-graph.js';

export interface PhonePath {
  readonly phones: Int32Array;
  /** First frame after each phone. */
  readonly ends: Int32Array;
}

/** A phone that was left: the node, the frame after it, and the phone before it. */
interface Link {
  readonly node: number;
  readonly end: number;
  readonly before: Link | undefined;
}

/** Paths alive at one frame: [nodes, chain] log probabilities and what was spoken before the node was entered. */
class Frontier {
  readonly best: Float64Array;
  readonly links: (Link | undefined)[];
  readonly nodes: Int32Array;
  count = 0;
  readonly #listed: Uint8Array;

  constructor(
    nodes: number,
    private readonly chain: number,
  ) {
    this.best = new Float64Array(nodes * chain).fill(-Infinity);
    this.links = new Array<Link | undefined>(nodes * chain).fill(undefined);
    this.nodes = new Int32Array(nodes);
    this.#listed = new Uint8Array(nodes);
  }

  /** Keeps the better of what is there and what is offered; the first of equal ones. */
  offer(node: number, c: number, value: number, link: Link | undefined): void {
    const at = node * this.chain + c;
    if (value <= this.best[at]!) return;
    this.best[at] = value;
    this.links[at] = link;
    if (this.#listed[node] === 1) return;
    this.#listed[node] = 1;
    this.nodes[this.count++] = node;
  }

  clear(): void {
    for (let i = 0; i < this.count; i++) {
      const node = this.nodes[i]!;
      this.#listed[node] = 0;
      this.best.fill(-Infinity, node * this.chain, (node + 1) * this.chain);
    }
    this.count = 0;
  }
}

/** @returns a decoder that keeps its buffers between utterances; an utterance shorter than a phone has an empty path */
export function createViterbi(
  graph: PhoneGraph,
  options: PassOptions,
): (scores: Float32Array, rows: number) => PhonePath {
  const { chain, stay, acousticScale } = options;
  const { phones, phone } = graph;
  const arcs = likelyFirst(graph);
  const { target } = arcs;
  const log = (p: Float64Array): Float64Array => p.map((x) => Math.log(Math.max(x, 1e-30)));
  const initial = log(graph.initial);
  const next = log(arcs.next);
  const final = log(graph.final);
  const logStay = Math.log(stay);
  const logLeave = Math.log(1 - stay);
  let now = new Frontier(graph.nodes, chain);
  let before = new Frontier(graph.nodes, chain);

  return (scores, rows) => {
    if (rows < chain) return { phones: new Int32Array(0), ends: new Int32Array(0) };
    return search(scores, rows, -Math.log(options.beam)) ?? (search(scores, rows, Infinity) as PhonePath);
  };

  function search(scores: Float32Array, rows: number, beam: number): PhonePath | undefined {
    now.clear();
    for (let v = 0; v < phones; v++) now.offer(graph.start[v]!, 0, initial[v]!, undefined);
    let top = weigh(scores, 0);
    for (let t = 1; t < rows; t++) {
      [before, now] = [now, before];
      now.clear();
      advance(t, top - beam);
      top = weigh(scores, t);
    }
    let best: Link | undefined;
    let most = -Infinity;
    for (let i = 0; i < now.count; i++) {
      const node = now.nodes[i]!;
      const at = node * chain + chain - 1;
      if (now.best[at]! + final[node]! <= most) continue;
      most = now.best[at]! + final[node]!;
      best = { node, end: rows, before: now.links[at] };
    }
    return best && trace(best);
  }

  /** Adds the acoustics of frame t. @returns the best path's value */
  function weigh(scores: Float32Array, t: number): number {
    const from = t * phones * chain;
    let top = -Infinity;
    for (let i = 0; i < now.count; i++) {
      const node = now.nodes[i]!;
      const s = from + phone[node]! * chain;
      for (let c = 0, at = node * chain; c < chain; c++, at++) {
        const value = now.best[at]! + acousticScale * scores[s + c]!;
        now.best[at] = value;
        if (value > top) top = value;
      }
    }
    return top;
  }

  function advance(t: number, least: number): void {
    for (let i = 0; i < before.count; i++) {
      const node = before.nodes[i]!;
      for (let c = 0, at = node * chain; c < chain; c++, at++) {
        const value = before.best[at]!;
        if (value === -Infinity || value < least) continue;
        const link = before.links[at];
        if (value + logStay >= least) now.offer(node, c, value + logStay, link);
        if (value + logLeave < least) continue;
        if (c < chain - 1) now.offer(node, c + 1, value + logLeave, link);
        else leavePhone(node, t, value + logLeave, link, least);
      }
    }
  }

  function leavePhone(node: number, end: number, value: number, before: Link | undefined, least: number): void {
    const first = node * phones;
    if (value + next[first]! < least) return;
    const link = { node, end, before };
    for (let arc = first, end = arc + phones; arc < end && value + next[arc]! >= least; arc++)
      now.offer(target[arc]!, 0, value + next[arc]!, link);
  }

  function trace(last: Link): PhonePath {
    const path: number[] = [];
    const ends: number[] = [];
    for (let link: Link | undefined = last; link; link = link.before) {
      path.push(phone[link.node]!);
      ends.push(link.end);
    }
    return { phones: Int32Array.from(path.reverse()), ends: Int32Array.from(ends.reverse()) };
  }
}
