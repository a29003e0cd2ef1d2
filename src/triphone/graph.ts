// What may follow what in decoding phones in context: a node is a state of the phone language model
// with a phone and the phone before it, its HMMs are what right neighbours do to its states. Nodes
// are made when a search reaches them.
import { LmStates, type StateModel } from '../search/lm-states.js';
import { StateNetwork } from '../search/state-network.js';
import type { Durations } from './alignment.js';
import type { TiedStates } from './context.js';

/** Ways in which right neighbours tie the states of a phone after a left one. */
interface Variants {
  /** [phones + 1] variant for each right neighbour. */
  readonly of: Int32Array;
  /** [variants][statesPerPhone] tied states. */
  readonly states: readonly (readonly number[])[];
}

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

/** Nodes by right neighbour (silence last) with the weights of going there, -Infinity where nothing does. */
interface Following {
  readonly nodes: readonly number[];
  readonly weights: readonly number[];
}

export class ContextGraph {
  readonly network: StateNetwork;
  /** Nodes that an utterance may start in. */
  readonly start: Following;
  readonly #lmStates: LmStates;
  /** [nodes] phone, the phone before it, state of the language model. */
  readonly #phone: number[] = [];
  readonly #left: number[] = [];
  readonly #lmState: number[] = [];
  /** [hmms] */
  readonly #nodeOf: number[] = [];
  readonly #nodes = new Map<string, number>();
  readonly #variants = new Map<number, Variants>();
  readonly #silence: { readonly taken: number; readonly left: number };

  constructor(
    private readonly tied: TiedStates,
    { stay, leave }: Durations,
    lm: StateModel,
    private readonly options: GraphOptions,
  ) {
    const share = tied.silence ? options.silenceShare : 0;
    this.#silence = { taken: Math.log(share), left: Math.log1p(-share) };
    this.#lmStates = new LmStates(lm, options.ids, options.lmWeight);
    this.network = new StateNetwork(tied.statesPerPhone, stay, leave, (hmm) => {
      this.#expand(this.#nodeOf[hmm]!);
    });
    this.start = this.#following(lm.startState, tied.phones, false);
  }

  /** Arcs of all HMMs of a node: each leads to the neighbours that its variant stands before. */
  #expand(node: number): void {
    const phone = this.#phone[node]!;
    const { nodes, weights } = this.#following(this.#lmState[node]!, phone, phone === this.tied.phones);
    const { of, states } = this.#variantsOf(this.#left[node]!, phone);
    const first = this.network.firstHmm[node]!;
    states.forEach((_, variant) => {
      const own = nodes.map((__, right) => right).filter((right) => of[right] === variant);
      this.network.setArcs(
        first + variant,
        own.map((right) => nodes[right]!),
        own.map((right) => weights[right]!),
      );
    });
  }

  /** @param silent the node is silence itself, which needs no decision about silence after it */
  #following(lmState: number, left: number, silent: boolean): Following {
    const { phones, silence } = this.tied;
    const { insertion } = this.options;
    const { weights: scores, memories } = this.#lmStates.after(lmState);
    const nodes = Array.from(memories, (memory, phone) => this.#node(memory, left, phone));
    const weights = Array.from(scores, (score) => score + insertion + (silent ? 0 : this.#silence.left));
    if (silence && !silent) {
      nodes.push(this.#node(lmState, phones, phones));
      weights.push(this.#silence.taken);
    }
    return { nodes, weights };
  }

  #node(lmState: number, left: number, phone: number): number {
    const key = `${lmState} ${left} ${phone}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const { of, states } = this.#variantsOf(left, phone);
    const final = this.#lmStates.finish(lmState);
    const atEnd = of[this.tied.phones];
    const node = this.network.addNode(
      phone,
      states.map((columns, variant) => ({ columns, final: variant === atEnd ? final : -Infinity })),
    );
    this.#nodes.set(key, node);
    this.#phone.push(phone);
    this.#left.push(left);
    this.#lmState.push(lmState);
    states.forEach(() => this.#nodeOf.push(node));
    return node;
  }

  #variantsOf(left: number, phone: number): Variants {
    const { phones, statesPerPhone } = this.tied;
    const key = left * (phones + 1) + phone;
    const known = this.#variants.get(key);
    if (known) return known;
    const found = new Map<string, number>();
    const states: number[][] = [];
    const of = Int32Array.from({ length: phones + 1 }, (_, right) => {
      const own = Array.from({ length: statesPerPhone }, (__, c) => this.tied.of(left, phone, right, c));
      const name = own.join(' ');
      let variant = found.get(name);
      if (variant === undefined) {
        found.set(name, (variant = found.size));
        states.push(own);
      }
      return variant;
    });
    const variants = { of, states };
    this.#variants.set(key, variants);
    return variants;
  }
}
