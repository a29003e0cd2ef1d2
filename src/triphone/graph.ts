// What may follow what in decoding: a node is a state of the phone language model with a phone and the phone before it, a
// place is a node together with what its right neighbour does to its states. Nodes are made when a search reaches them.
import type { StateModel } from '../search/phone-graph.js';
import type { TiedStates } from './context.js';

/** Ways in which right neighbours tie the states of a phone after a left one. */
interface Variants {
  /** [phones + 1] variant for each right neighbour. */
  readonly of: Int32Array;
  /** [variants x chain] tied states. */
  readonly states: Int32Array;
  readonly count: number;
}

const noNode = -1;

export interface GraphOptions {
  /** Ids of the phones in the language model, by phone. */
  readonly ids: readonly number[];
  /** Probability of silence between two phones, where silence is modelled. */
  readonly silenceShare: number;
  /** Factor on the natural-log probabilities of the language model. */
  readonly lmWeight: number;
  /** Added for every phone. */
  readonly insertion: number;
}

export class ContextGraph {
  /** [places] the node of a place, and which of its variants it is. */
  readonly nodeOf: number[] = [];
  readonly variantOf: number[] = [];
  /** [nodes] first place of a node. */
  readonly firstPlace: number[] = [];
  /** [nodes] phone, the phone before it, state of the language model. */
  readonly phone: number[] = [];
  readonly #left: number[] = [];
  readonly #lmState: number[] = [];
  /** [nodes] natural log of the end of a sentence, weighted. */
  readonly final: number[] = [];
  readonly #nodes = new Map<string, number>();
  readonly #variants = new Map<number, Variants>();
  /** [nodes] for each right neighbour its node and weight; made on first use. */
  readonly #targets: (Int32Array | undefined)[] = [];
  readonly #weights: (Float64Array | undefined)[] = [];
  readonly #silence: { readonly taken: number; readonly left: number };

  constructor(
    readonly tied: TiedStates,
    private readonly lm: StateModel,
    private readonly options: GraphOptions,
  ) {
    const share = tied.silence ? options.silenceShare : 0;
    this.#silence = { taken: Math.log(share), left: Math.log1p(-share) };
  }

  get places(): number {
    return this.nodeOf.length;
  }

  /** Nodes that an utterance may start in, by first phone (silence last), and their weights. */
  start(): { targets: Int32Array; weights: Float64Array } {
    return this.#arcs(this.lm.startState, this.tied.phones, false);
  }

  /** [phones + 1] the node for each right neighbour, or -1, and the weight of going there. */
  targets(node: number): Int32Array {
    return this.#targets[node] ?? (this.#expand(node), this.#targets[node]!);
  }

  weights(node: number): Float64Array {
    return this.#weights[node] ?? (this.#expand(node), this.#weights[node]!);
  }

  variants(node: number): Variants {
    return this.#variantsOf(this.#left[node]!, this.phone[node]!);
  }

  #expand(node: number): void {
    const { targets, weights } = this.#arcs(
      this.#lmState[node]!,
      this.phone[node]!,
      this.phone[node] === this.tied.phones,
    );
    this.#targets[node] = targets;
    this.#weights[node] = weights;
  }

  /** @param silent the node is silence itself, which needs no decision about silence after it */
  #arcs(lmState: number, left: number, silent: boolean): { targets: Int32Array; weights: Float64Array } {
    const { phones, silence } = this.tied;
    const { ids, lmWeight, insertion } = this.options;
    const targets = new Int32Array(phones + 1).fill(noNode);
    const weights = new Float64Array(phones + 1);
    ids.forEach((id, phone) => {
      targets[phone] = this.#node(this.lm.advance(lmState, id), left, phone);
      weights[phone] =
        lmWeight * Math.LN10 * this.lm.score(lmState, id) + insertion + (silent ? 0 : this.#silence.left);
    });
    if (silence && !silent) {
      targets[phones] = this.#node(lmState, phones, phones);
      weights[phones] = this.#silence.taken;
    }
    return { targets, weights };
  }

  #node(lmState: number, left: number, phone: number): number {
    const key = `${lmState} ${left} ${phone}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const node = this.phone.length;
    this.#nodes.set(key, node);
    this.phone.push(phone);
    this.#left.push(left);
    this.#lmState.push(lmState);
    this.final.push(this.options.lmWeight * Math.LN10 * this.lm.finish(lmState));
    this.firstPlace.push(this.nodeOf.length);
    const { count } = this.#variantsOf(left, phone);
    for (let variant = 0; variant < count; variant++) {
      this.nodeOf.push(node);
      this.variantOf.push(variant);
    }
    return node;
  }

  #variantsOf(left: number, phone: number): Variants {
    const { phones, chain } = this.tied;
    const key = left * (phones + 1) + phone;
    const known = this.#variants.get(key);
    if (known) return known;
    const found = new Map<string, number>();
    const states: number[] = [];
    const of = Int32Array.from({ length: phones + 1 }, (_, right) => {
      const own = Array.from({ length: chain }, (__, c) => this.tied.of(left, phone, right, c));
      const name = own.join(' ');
      let variant = found.get(name);
      if (variant === undefined) {
        found.set(name, (variant = found.size));
        states.push(...own);
      }
      return variant;
    });
    const variants = { of, states: Int32Array.from(states), count: found.size };
    this.#variants.set(key, variants);
    return variants;
  }
}
