// Which tied state a phone has between its neighbours: one for each state of a phone whatever stands beside it
// (monophones), or what a decision tree says (triphones).

/** Phones are 0 to phones - 1; the number `phones` is silence, and what stands before and after an utterance. */
export interface TiedStates {
  readonly phones: number;
  /** States of a phone, left to right. */
  readonly statesPerPhone: number;
  /** Whether silence has states of its own. */
  readonly silence: boolean;
  /** How many tied states there are. */
  readonly count: number;
  /** The tied state of state `c` of `phone` between `left` and `right`. */
  of(left: number, phone: number, right: number, c: number): number;
}

/** Phones that have states: silence among them where it does. */
export const modelled = ({ phones, silence }: Pick<TiedStates, 'phones' | 'silence'>): number =>
  phones + Number(silence);

export function monophoneStates(phones: number, statesPerPhone: number, silence: boolean): TiedStates {
  return {
    phones,
    statesPerPhone,
    silence,
    count: (phones + Number(silence)) * statesPerPhone,
    of: (_left, phone, _right, c) => phone * statesPerPhone + c,
  };
}

/** A question is a set of phones: 1 for those in it. [phones + 1] each. */
export type Question = Uint8Array;

/** A leaf holds its tied state; another node asks whether the neighbour on a side is in a question's set. */
export type TreeNode =
  | { readonly state: number }
  | { readonly side: 'left' | 'right'; readonly question: number; readonly yes: number; readonly no: number };

export interface DecisionTrees {
  readonly questions: readonly Question[];
  readonly nodes: readonly TreeNode[];
  /** [modelled phones x statesPerPhone] where each state's tree starts in `nodes`. */
  readonly roots: readonly number[];
  readonly count: number;
}

export function treeStates(
  { questions, nodes, roots, count }: DecisionTrees,
  phones: number,
  statesPerPhone: number,
  silence: boolean,
): TiedStates {
  return {
    phones,
    statesPerPhone,
    silence,
    count,
    of(left, phone, right, c) {
      for (let node = nodes[roots[phone * statesPerPhone + c]!]!; ;) {
        if ('state' in node) return node.state;
        node = nodes[questions[node.question]![node.side === 'left' ? left : right] === 1 ? node.yes : node.no]!;
      }
    },
  };
}
