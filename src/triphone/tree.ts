// Decision trees that tie the states of triphones: a tree for every state of a phone, grown together by the split that
// raises the likelihood most, as long as both sides keep enough frames (Young, Odell and Woodland, 1994).
import { modelled, type DecisionTrees, type Question, type TreeNode } from './context.js';
import {
  emptyStatistics,
  logLikelihood,
  merge,
  type ContextStatistics,
  type ContextSums,
  type Statistics,
} from './statistics.js';

export interface TreeOptions {
  readonly phones: number;
  readonly statesPerPhone: number;
  readonly silence: boolean;
  readonly dim: number;
  /** Tied states at most, over all trees. */
  readonly maxStates: number;
  /** Least frames of a tied state. */
  readonly minFrames: number;
  /** Least gain in log likelihood of a split. */
  readonly minGain: number;
  readonly varianceFloor: number;
}

interface Split {
  readonly side: 'left' | 'right';
  readonly question: number;
  readonly gain: number;
}

interface Leaf {
  /** Where it stands in the list of nodes. */
  readonly node: number;
  readonly contexts: readonly ContextStatistics[];
  readonly best: Split | undefined;
}

export interface GrownTrees {
  readonly trees: DecisionTrees;
  /** [tied states] of their frames. */
  readonly statistics: readonly Statistics[];
  /** Log likelihood per frame gained by all splits. */
  readonly gain: number;
}

/** Silence is not asked about its neighbours. */
export function growTrees(sums: ContextSums, questions: readonly Question[], options: TreeOptions): GrownTrees {
  const { phones, statesPerPhone, dim } = options;
  const nodes: (TreeNode | undefined)[] = [];
  const leaves: Leaf[] = [];
  const roots: number[] = [];
  const addLeaf = (contexts: readonly ContextStatistics[], mayAsk: boolean): void => {
    leaves.push({
      node: nodes.push(undefined) - 1,
      contexts,
      best: mayAsk ? bestSplit(contexts, questions, options) : undefined,
    });
  };
  for (let state = 0; state < modelled(options) * statesPerPhone; state++) {
    roots.push(nodes.length);
    addLeaf(sums.of(state), state < phones * statesPerPhone);
  }
  let gain = 0;
  while (leaves.length < options.maxStates) {
    let at = -1;
    leaves.forEach(({ best }, i) => {
      if (best && (at < 0 || best.gain > leaves[at]!.best!.gain)) at = i;
    });
    if (at < 0) break;
    const { node, contexts, best } = leaves.splice(at, 1)[0]!;
    const { side, question, gain: own } = best!;
    const set = questions[question]!;
    nodes[node] = { side, question, yes: nodes.length, no: nodes.length + 1 };
    addLeaf(
      contexts.filter((context) => set[context[side]] === 1),
      true,
    );
    addLeaf(
      contexts.filter((context) => set[context[side]] !== 1),
      true,
    );
    gain += own;
  }
  leaves.sort((a, b) => a.node - b.node);
  let frames = 0;
  const statistics = leaves.map(({ node, contexts }, state) => {
    nodes[node] = { state };
    const sum = emptyStatistics(dim);
    for (const context of contexts) merge(sum, context.statistics);
    frames += sum[0]!;
    return sum;
  });
  return {
    trees: { questions, nodes: nodes as TreeNode[], roots, count: leaves.length },
    statistics,
    gain: gain / Math.max(1, frames),
  };
}

function bestSplit(
  contexts: readonly ContextStatistics[],
  questions: readonly Question[],
  { phones, dim, minFrames, minGain, varianceFloor }: TreeOptions,
): Split | undefined {
  const all = emptyStatistics(dim);
  for (const { statistics } of contexts) merge(all, statistics);
  if (all[0]! < 2 * minFrames) return undefined;
  const whole = logLikelihood(all, varianceFloor);
  let best: Split | undefined;
  const yes = emptyStatistics(dim);
  const no = emptyStatistics(dim);
  for (const side of ['left', 'right'] as const) {
    const bySymbol = new Map<number, Statistics>();
    for (const context of contexts) {
      const known = bySymbol.get(context[side]);
      if (known) merge(known, context.statistics);
      else bySymbol.set(context[side], context.statistics.slice());
    }
    questions.forEach((set, question) => {
      yes.fill(0);
      for (let symbol = 0; symbol <= phones; symbol++) {
        const own = set[symbol] === 1 ? bySymbol.get(symbol) : undefined;
        if (own) merge(yes, own);
      }
      if (yes[0]! < minFrames || all[0]! - yes[0]! < minFrames) return;
      for (let i = 0; i < no.length; i++) no[i] = all[i]! - yes[i]!;
      const gain = logLikelihood(yes, varianceFloor) + logLikelihood(no, varianceFloor) - whole;
      if (gain > minGain && gain > (best?.gain ?? 0)) best = { side, question, gain };
    });
  }
  return best;
}
