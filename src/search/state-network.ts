// What a Viterbi search walks through, as flat arrays that may grow while it does: an HMM is a left-to-right row of
// states of one symbol; HMMs that are entered together (the variants of a phone between its neighbours) form a node.

/** Doubles until `size` elements fit. */
function grown<A extends Int32Array | Float64Array>(array: A, size: number, make: (length: number) => A): A {
  if (size <= array.length) return array;
  const bigger = make(Math.max(size, 2 * array.length));
  bigger.set(array);
  return bigger;
}
const moreIntegers = (array: Int32Array, size: number): Int32Array => grown(array, size, (n) => new Int32Array(n));
const moreFloats = (array: Float64Array, size: number): Float64Array => grown(array, size, (n) => new Float64Array(n));

/** one HMM of a node that is added. */
export interface NodeHmm {
  /** [states] column of the scores that each state reads; fewer states than `statesPerPhone` fill its end. */
  readonly columns: ArrayLike<number>;
  /** Natural log weight of the utterance ending here; -Infinity where it cannot. */
  readonly final: number;
}

export class StateNetwork {
  nodes = 0;
  hmms = 0;
  /** [nodes + 1] first HMM of each. */
  firstHmm: Int32Array = new Int32Array(1024);
  /**
   * [hmms] symbol, the first of its states that is entered, weight of ending, and where
   * its arcs are (end 0 = not made yet).
   */
  symbol: Int32Array = new Int32Array(1024);
  entry: Int32Array = new Int32Array(1024);
  final: Float64Array = new Float64Array(1024);
  arcStart: Int32Array = new Int32Array(1024);
  arcEnd: Int32Array = new Int32Array(1024);
  /** [hmms, statesPerPhone] column of each state. */
  column: Int32Array = new Int32Array(1024);
  /** Per arc: the node it enters, and its natural log weight; arcs of an HMM lie together, the likeliest first. */
  arcNode: Int32Array = new Int32Array(1024);
  arcWeight: Float64Array = new Float64Array(1024);
  #arcs = 1; // an end of 0 means that there is nothing yet

  /**
   * @param statesPerPhone most states of an HMM
   * @param stay [symbols, statesPerPhone] natural log weights of staying in a state, and of going on from it
   * @param expand makes the arcs of an HMM when a search first leaves it
   */
  constructor(
    readonly statesPerPhone: number,
    readonly stay: Float64Array,
    readonly leave: Float64Array,
    private readonly expand: (hmm: number) => void,
  ) {}

  /** @returns the node's number */
  addNode(symbol: number, hmms: readonly NodeHmm[]): number {
    const { statesPerPhone } = this;
    const to = this.hmms + hmms.length;
    this.firstHmm = moreIntegers(this.firstHmm, this.nodes + 2);
    this.symbol = moreIntegers(this.symbol, to);
    this.entry = moreIntegers(this.entry, to);
    this.final = moreFloats(this.final, to);
    this.arcStart = moreIntegers(this.arcStart, to);
    this.arcEnd = moreIntegers(this.arcEnd, to);
    this.column = moreIntegers(this.column, to * statesPerPhone);
    for (const { columns, final } of hmms) {
      const hmm = this.hmms++;
      const entry = statesPerPhone - columns.length;
      this.symbol[hmm] = symbol;
      this.entry[hmm] = entry;
      this.final[hmm] = final;
      for (let c = 0; c < columns.length; c++) this.column[hmm * statesPerPhone + entry + c] = columns[c]!;
    }
    this.firstHmm[++this.nodes] = this.hmms;
    return this.nodes - 1;
  }

  /** Arcs of an HMM, once; weights of -Infinity are no arcs. */
  setArcs(hmm: number, nodes: readonly number[], weights: readonly number[]): void {
    const order = nodes.map((_, i) => i).filter((i) => weights[i]! > -Infinity);
    order.sort((a, b) => weights[b]! - weights[a]! || a - b);
    const end = this.#arcs + order.length;
    this.arcNode = moreIntegers(this.arcNode, end);
    this.arcWeight = moreFloats(this.arcWeight, end);
    this.arcStart[hmm] = this.#arcs;
    for (const i of order) {
      this.arcNode[this.#arcs] = nodes[i]!;
      this.arcWeight[this.#arcs++] = weights[i]!;
    }
    this.arcEnd[hmm] = end;
  }

  /** Makes the arcs of an HMM if nobody has; the arrays may be others afterwards. */
  reach(hmm: number): void {
    if (this.arcEnd[hmm] === 0) this.expand(hmm);
  }
}
