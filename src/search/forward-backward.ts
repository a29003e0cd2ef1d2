// Forward-backward over one utterance: scores of every state at every frame in, the probability of each state at each
// frame out (Rabiner, 1989, with his scaling). Only nodes that hold more than a beam's share of a frame are followed:
// the cost is that of the few phones that a frame can be, not of all pairs of phones.
import { likelyFirst, type Arcs, type PhoneGraph } from './phone-graph.js';

export interface ForwardBackwardOptions {
  /** States of a phone, left to right. */
  readonly statesPerPhone: number;
  /** Probability of staying in a state for one more frame. */
  readonly stay: number;
  /** Exponent of the acoustic likelihood. */
  readonly acousticScale: number;
  /** Share of a frame's probability at which a node is dropped; 0 keeps all. */
  readonly beam: number;
}

type Visit = (t: number, posterior: Float64Array) => void;

export class ForwardBackward {
  readonly #states: number;
  readonly #arcs: Arcs;
  /**
   * Probability at which nothing is handed on from one phone to the next: acoustics may
   * raise a share, but hardly by so much.
   */
  #least = 0;
  /** [nodes, statesPerPhone] of one frame; zero but for the nodes that #touched lists. */
  readonly #frame: Float64Array;
  readonly #touched: Int32Array;
  readonly #isTouched: Uint8Array;
  #touchedCount = 0;
  /**
   * The nodes that were kept, frame after frame (frame t from #starts[t] on), and their forward values
   * [.., statesPerPhone].
   */
  #nodes = new Int32Array(0);
  #alpha = new Float64Array(0);
  #starts = new Int32Array(0);
  #kept = 0;
  /** [rows, states] acoustic likelihoods over the best of their frame. */
  #likelihood = new Float64Array(0);

  constructor(
    private readonly graph: PhoneGraph,
    private readonly options: ForwardBackwardOptions,
  ) {
    this.#states = graph.phones * options.statesPerPhone;
    this.#arcs = likelyFirst(graph);
    this.#frame = new Float64Array(graph.nodes * options.statesPerPhone);
    this.#touched = new Int32Array(graph.nodes);
    this.#isTouched = new Uint8Array(graph.nodes);
  }

  /**
   * @param scores [rows, states] natural log densities; state v * statesPerPhone + c is state c of phone v
   * @param visit called from the last frame to the first with the posterior of all states at that frame (reused array)
   * @returns natural log likelihood of the utterance under scaled acoustics; -Infinity
   * (and no visit) when it is too short
   */
  run(scores: Float32Array, rows: number, visit: Visit): number {
    const { statesPerPhone, beam } = this.options;
    if (rows < statesPerPhone) return -Infinity;
    if (this.#starts.length <= rows) {
      this.#starts = new Int32Array(rows + 1);
      this.#likelihood = new Float64Array(rows * this.#states);
    }
    let logLikelihood = this.#forward(scores, rows, beam);
    // The beam may have lost every path that ends in time.
    if (logLikelihood === -Infinity && beam > 0) logLikelihood = this.#forward(scores, rows, 0);
    if (logLikelihood > -Infinity) this.#backward(rows, visit);
    return logLikelihood;
  }

  #forward(scores: Float32Array, rows: number, beam: number): number {
    const { statesPerPhone, stay } = this.options;
    const { final } = this.graph;
    this.#kept = 0;
    this.#least = beam * beam;
    let total = 0;
    for (let t = 0; t < rows; t++) {
      if (t === 0) this.#enterFirst();
      else this.#advance(this.#starts[t - 1]!, this.#kept);
      total += this.#weigh(scores, t);
      this.#starts[t] = this.#kept;
      const sum = this.#keep(t, beam);
      if (!(sum > 0)) return -Infinity;
      total += Math.log(sum);
    }
    this.#starts[rows] = this.#kept;
    let end = 0;
    for (let i = this.#starts[rows - 1]!; i < this.#kept; i++)
      end += this.#alpha[i * statesPerPhone + statesPerPhone - 1]! * (1 - stay) * final[this.#nodes[i]!]!;
    return end > 0 ? total + Math.log(end) : -Infinity;
  }

  /** @returns where the node's first state stands in #frame */
  #touch(node: number): number {
    if (this.#isTouched[node] === 0) {
      this.#isTouched[node] = 1;
      this.#touched[this.#touchedCount++] = node;
    }
    return node * this.options.statesPerPhone;
  }

  #enterFirst(): void {
    const { initial, start } = this.graph;
    for (let v = 0; v < initial.length; v++) this.#frame[this.#touch(start[v]!)]! += initial[v]!;
  }

  /** From the frame before, kept at from…to: staying, the next state of the phone, the next phone. */
  #advance(from: number, to: number): void {
    const { statesPerPhone, stay } = this.options;
    const { phones } = this.graph;
    const { next, target } = this.#arcs;
    const leave = 1 - stay;
    const alpha = this.#alpha;
    const frame = this.#frame;
    const least = this.#least;
    for (let i = from; i < to; i++) {
      const node = this.#nodes[i]!;
      const at = this.#touch(node);
      const a = i * statesPerPhone;
      frame[at]! += alpha[a]! * stay;
      for (let c = 1; c < statesPerPhone; c++) frame[at + c]! += alpha[a + c]! * stay + alpha[a + c - 1]! * leave;
      const out = alpha[a + statesPerPhone - 1]! * leave;
      if (out <= least) continue;
      for (let arc = node * phones, end = arc + phones; arc < end; arc++) {
        const p = out * next[arc]!;
        if (p <= least) break;
        frame[this.#touch(target[arc]!)]! += p;
      }
    }
  }

  /** Likelihoods of frame t over the best of them. @returns the logarithm of what was divided by */
  #weigh(scores: Float32Array, t: number): number {
    const from = t * this.#states;
    const scale = this.options.acousticScale;
    let top = -Infinity;
    for (let s = from; s < from + this.#states; s++) if (scores[s]! > top) top = scores[s]!;
    for (let s = from; s < from + this.#states; s++) this.#likelihood[s] = Math.exp(scale * (scores[s]! - top));
    return scale * top;
  }

  /**
   * Multiplies in the acoustics, remembers the nodes within the beam with shares of the frame, empties #frame.
   * @returns the frame's sum
   */
  #keep(t: number, beam: number): number {
    const { statesPerPhone } = this.options;
    const frame = this.#frame;
    const likelihood = this.#likelihood;
    let sum = 0;
    for (let i = 0; i < this.#touchedCount; i++) {
      const node = this.#touched[i]!;
      const s = t * this.#states + this.graph.phone[node]! * statesPerPhone;
      for (let c = 0, at = node * statesPerPhone; c < statesPerPhone; c++) sum += frame[at + c]! *= likelihood[s + c]!;
    }
    this.#reserve(this.#kept + this.#touchedCount);
    const least = beam * sum;
    for (let i = 0; i < this.#touchedCount; i++) {
      const node = this.#touched[i]!;
      const at = node * statesPerPhone;
      let most = 0;
      for (let c = 0; c < statesPerPhone; c++) if (frame[at + c]! > most) most = frame[at + c]!;
      if (most > least) {
        for (let c = 0; c < statesPerPhone; c++) this.#alpha[this.#kept * statesPerPhone + c] = frame[at + c]! / sum;
        this.#nodes[this.#kept++] = node;
      }
      for (let c = 0; c < statesPerPhone; c++) frame[at + c] = 0;
      this.#isTouched[node] = 0;
    }
    this.#touchedCount = 0;
    return sum;
  }

  #reserve(size: number): void {
    if (size <= this.#nodes.length) return;
    const nodes = new Int32Array(2 * size);
    nodes.set(this.#nodes);
    this.#nodes = nodes;
    const alpha = new Float64Array(2 * size * this.options.statesPerPhone);
    alpha.set(this.#alpha);
    this.#alpha = alpha;
  }

  #backward(rows: number, visit: Visit): void {
    const { statesPerPhone } = this.options;
    const { phone } = this.graph;
    const posterior = new Float64Array(this.#states);
    let beta = new Float64Array(0);
    // #frame holds backward value x likelihood of the frame after.
    for (let t = rows - 1; t >= 0; t--) {
      const from = this.#starts[t]!;
      const to = this.#starts[t + 1]!;
      if (beta.length < (to - from) * statesPerPhone) beta = new Float64Array(2 * (to - from) * statesPerPhone);
      const scale = 1 / this.#before(t, rows, beta);
      if (t < rows - 1) this.#empty(to, this.#starts[t + 2]!);
      posterior.fill(0);
      let sum = 0;
      for (let i = from, b = 0; i < to; i++) {
        const node = this.#nodes[i]!;
        const s = phone[node]! * statesPerPhone;
        for (let c = 0; c < statesPerPhone; c++, b++) {
          const share = this.#alpha[i * statesPerPhone + c]! * beta[b]!;
          posterior[s + c]! += share;
          sum += share;
          this.#frame[node * statesPerPhone + c] = beta[b]! * scale * this.#likelihood[t * this.#states + s + c]!;
        }
      }
      for (let s = 0; s < posterior.length; s++) posterior[s]! /= sum;
      visit(t, posterior);
    }
    this.#empty(this.#starts[0]!, this.#starts[1]!);
  }

  /** Backward values of the nodes of frame t from those of the frame after. @returns their sum */
  #before(t: number, rows: number, beta: Float64Array): number {
    const { statesPerPhone, stay } = this.options;
    const { phones, final } = this.graph;
    const { next, target } = this.#arcs;
    const leave = 1 - stay;
    const ahead = this.#frame;
    const least = this.#least;
    const last = statesPerPhone - 1;
    let sum = 0;
    for (let i = this.#starts[t]!, b = 0; i < this.#starts[t + 1]!; i++, b += statesPerPhone) {
      const node = this.#nodes[i]!;
      let out = 0;
      if (t === rows - 1) out = final[node]!;
      else {
        const leaving = this.#alpha[i * statesPerPhone + last]! * leave;
        for (let arc = node * phones, end = arc + phones; arc < end && leaving * next[arc]! > least; arc++)
          out += next[arc]! * ahead[target[arc]! * statesPerPhone]!;
      }
      for (let c = 0; c < statesPerPhone; c++) {
        const s = node * statesPerPhone + c;
        const on = c < last ? (t === rows - 1 ? 0 : ahead[s + 1]!) : out;
        sum += beta[b + c] = (t === rows - 1 ? 0 : stay * ahead[s]!) + leave * on;
      }
    }
    return sum;
  }

  #empty(from: number, to: number): void {
    const { statesPerPhone } = this.options;
    for (let i = from; i < to; i++)
      this.#frame.fill(0, this.#nodes[i]! * statesPerPhone, this.#nodes[i]! * statesPerPhone + statesPerPhone);
  }
}
