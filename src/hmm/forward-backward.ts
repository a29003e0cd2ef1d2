// Forward-backward over one utterance: scores of every state at every frame in, the probability of each state at
// each frame out (Rabiner, 1989, with his scaling). Joining phones by the bigram is the costly part: V² per frame.
import type { Topology } from './topology.js';

const negligible = 1e-7;

export class ForwardBackward {
  readonly #topology: Topology;
  readonly #scale: number;
  #alpha = new Float64Array(0);
  #likelihood = new Float64Array(0);
  readonly #exit: Float64Array;
  readonly #enter: Float64Array;
  readonly #beta: Float64Array;
  readonly #ahead: Float64Array;

  /** @param acousticScale exponent of the acoustic likelihood */
  constructor(topology: Topology, acousticScale: number) {
    this.#topology = topology;
    this.#scale = acousticScale;
    this.#exit = new Float64Array(topology.phones);
    this.#enter = new Float64Array(topology.phones);
    this.#beta = new Float64Array(topology.states);
    this.#ahead = new Float64Array(topology.states);
  }

  /**
   * @param scores [rows, states] natural log densities
   * @param visit called from the last frame to the first with the posterior of all states at that frame (reused array)
   * @returns natural log likelihood of the utterance under scaled acoustics; -Infinity (and no visit) when it is too short
   */
  run(scores: Float32Array, rows: number, visit: (t: number, posterior: Float64Array) => void): number {
    const { chain, states } = this.#topology;
    if (rows < chain) return -Infinity;
    if (this.#alpha.length < rows * states) {
      this.#alpha = new Float64Array(rows * states);
      this.#likelihood = new Float64Array(rows * states);
    }
    const logLikelihood = this.#forward(scores, rows);
    if (logLikelihood > -Infinity) this.#backward(rows, visit);
    return logLikelihood;
  }

  #forward(scores: Float32Array, rows: number): number {
    const { phones, chain, states, stay, bigram } = this.#topology;
    const alpha = this.#alpha;
    const likelihood = this.#likelihood;
    const exit = this.#exit;
    const enter = this.#enter;
    const leave = 1 - stay;
    let total = 0;
    for (let t = 0; t < rows; t++) {
      const at = t * states;
      let top = -Infinity;
      for (let s = 0; s < states; s++) if (scores[at + s]! > top) top = scores[at + s]!;
      if (t === 0) enter.set(bigram.initial);
      else {
        for (let v = 0; v < phones; v++) exit[v] = alpha[at - states + v * chain + chain - 1]! * leave;
        joinPhones(exit, bigram.next, enter);
      }
      let sum = 0;
      for (let v = 0; v < phones; v++) {
        for (let c = 0; c < chain; c++) {
          const s = at + v * chain + c;
          const b = Math.exp(this.#scale * (scores[s]! - top));
          const before = t === 0 ? 0 : alpha[s - states]! * stay + (c > 0 ? alpha[s - states - 1]! * leave : 0);
          const value = (c === 0 ? before + enter[v]! : before) * b;
          likelihood[s] = b;
          alpha[s] = value;
          sum += value;
        }
      }
      if (!(sum > 0)) return -Infinity;
      for (let s = at; s < at + states; s++) alpha[s]! /= sum;
      total += Math.log(sum) + this.#scale * top;
    }
    let end = 0;
    for (let v = 0; v < phones; v++) end += alpha[(rows - 1) * states + v * chain + chain - 1]! * leave * bigram.final[v]!;
    return end > 0 ? total + Math.log(end) : -Infinity;
  }

  #backward(rows: number, visit: (t: number, posterior: Float64Array) => void): void {
    const { phones, chain, states, stay, bigram } = this.#topology;
    const alpha = this.#alpha;
    const beta = this.#beta;
    const ahead = this.#ahead;
    const leave = 1 - stay;
    const posterior = new Float64Array(states);
    for (let t = rows - 1; t >= 0; t--) {
      const at = t * states;
      if (t === rows - 1) {
        beta.fill(0);
        for (let v = 0; v < phones; v++) beta[v * chain + chain - 1] = leave * bigram.final[v]!;
      } else {
        for (let s = 0; s < states; s++) ahead[s] = beta[s]! * this.#likelihood[at + states + s]!;
        for (let v = 0; v < phones; v++) {
          let out = 0;
          // What the forward pass cannot reach cannot matter: alpha sums to 1 in every frame.
          if (alpha[at + v * chain + chain - 1]! > negligible) for (let w = 0, row = v * phones; w < phones; w++) out += bigram.next[row + w]! * ahead[w * chain]!;
          for (let c = 0; c < chain; c++) {
            const s = v * chain + c;
            beta[s] = stay * ahead[s]! + leave * (c < chain - 1 ? ahead[s + 1]! : out);
          }
        }
      }
      let sum = 0;
      let betaSum = 0;
      for (let s = 0; s < states; s++) {
        sum += posterior[s] = alpha[at + s]! * beta[s]!;
        betaSum += beta[s]!;
      }
      for (let s = 0; s < states; s++) {
        posterior[s]! /= sum;
        beta[s]! /= betaSum;
      }
      visit(t, posterior);
    }
  }
}

/** enter[w] = Σ_v exit[v] next[v, w]; phones that hold next to nothing are passed over. */
function joinPhones(exit: Float64Array, next: Float64Array, enter: Float64Array): void {
  const phones = exit.length;
  enter.fill(0);
  for (let v = 0; v < phones; v++) {
    const weight = exit[v]!;
    if (weight < negligible) continue;
    for (let w = 0, row = v * phones; w < phones; w++) enter[w]! += weight * next[row + w]!;
  }
}
