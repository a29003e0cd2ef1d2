// A phone HMM as ONNX nodes: frames in; its best path (Viterbi) and the posterior of every phone at every frame
// (forward-backward, Rabiner 1989) out. Recurrences are Scans, so the number of frames is free.
import type { OnnxBuilder, Wire } from '../engine/index.js';
import { weightsOf, type Gaussians } from '../hmm/gaussians.js';
import type { Hmm } from '../hmm/train.js';

/** Stands for minus infinity where sums must stay finite. */
const never = -1e30;

export interface HmmWires {
  /** [T, V] */
  readonly posteriors: Wire;
  /** [T] int64 phone of the best path. */
  readonly phones: Wire;
  /** [T] bool: a phone of the best path begins here. */
  readonly starts: Wire;
}

/** @param frames [T, D] */
export function addHmm(graph: OnnxBuilder, frames: Wire, hmm: Hmm): HmmWires {
  const scores = addScores(graph, frames, hmm.gaussians, hmm.acousticScale); // [T, D] -> [T, S]
  return { posteriors: addPosteriors(graph, scores, hmm), ...addBestPath(graph, scores, hmm) };
}

/** @param frames [T, D]. @returns [T, S] natural log densities times the scale */
export function addScores(graph: OnnxBuilder, frames: Wire, gaussians: Gaussians, scale: number): Wire {
  const { states, dim } = gaussians;
  const { quadratic, linear, constant } = weightsOf(gaussians);
  const scaled = (numbers: Float32Array): Float32Array => numbers.map((value) => value * scale);
  const squares = graph.node('MatMul', [
    graph.node('Mul', [frames, frames]),
    graph.constant('float32', [dim, states], scaled(quadratic)),
  ]);
  const products = graph.node('MatMul', [frames, graph.constant('float32', [dim, states], scaled(linear))]);
  return graph.node('Add', [
    graph.node('Add', [squares, products]),
    graph.constant('float32', [states], scaled(constant)),
  ]);
}

const log = (probability: number): number => Math.log(Math.max(probability, 1e-30));

interface Parts {
  readonly states: number;
  readonly perPhone: number;
  readonly phones: number;
  /** [S] at the first frame: phones begin in their first state. */
  readonly initial: Wire;
  /** [S] after the last frame: sentences end in the last state of a phone. */
  readonly final: Wire;
  /** [V, V] phone after phone. */
  readonly next: Wire;
  readonly stay: Wire;
  readonly leave: Wire;
}

function addParts(graph: OnnxBuilder, { topology }: Hmm): Parts {
  const { states, statesPerPhone: perPhone, phones, stay, bigram } = topology;
  const initial = new Float32Array(states).fill(never);
  const final = new Float32Array(states).fill(never);
  for (let v = 0; v < phones; v++) {
    initial[v * perPhone] = log(bigram.initial[v] as number);
    final[v * perPhone + perPhone - 1] = log(bigram.final[v] as number);
  }
  return {
    states,
    perPhone,
    phones,
    stay: graph.float(Math.log(stay)),
    leave: graph.float(Math.log(1 - stay)),
    initial: graph.constant('float32', [states], initial),
    final: graph.constant('float32', [states], final),
    next: graph.constant('float32', [phones, phones], Float32Array.from(bigram.next, log)),
  };
}

/** Less the largest, so that float32 keeps its digits over an hour; no comparison changes. */
const lessLargest = (step: OnnxBuilder, values: Wire): Wire =>
  step.node('Sub', [values, step.node('ReduceMax', [values], { axes: [0], keepdims: 1 })]);

const firstFrame = (graph: OnnxBuilder, scores: Wire): Wire =>
  graph.node('Squeeze', [slice(graph, scores, 0, 1), graph.ints(0)]);
const slice = (graph: OnnxBuilder, values: Wire, from: number, to: number, axis = 0): Wire =>
  graph.node('Slice', [values, graph.ints(from), graph.ints(to), graph.ints(axis)]);
const end = 2 ** 31 - 1;

/** [S] -> [V]: the state of each phone that others follow. */
function lastStates(step: OnnxBuilder, values: Wire, { phones, perPhone }: Parts): Wire {
  const table = step.node('Reshape', [values, step.ints(phones, perPhone)]);
  return step.node('Squeeze', [slice(step, table, perPhone - 1, perPhone, 1), step.ints(1)]);
}

/** [V] entering each phone, [S] everything -> [S]: what reaches each state from the one before it. */
function shifted(step: OnnxBuilder, entering: Wire, values: Wire, { phones, perPhone, states }: Parts): Wire {
  const column = step.node('Unsqueeze', [entering, step.ints(1)]); // [V] -> [V, 1]
  if (perPhone === 1) return entering;
  const table = step.node('Reshape', [values, step.ints(phones, perPhone)]);
  return step.node('Reshape', [
    step.node('Concat', [column, slice(step, table, 0, perPhone - 1, 1)], { axis: 1 }),
    step.ints(states),
  ]);
}

/** The most likely path, as src/search/viterbi.ts finds it. */
function addBestPath(graph: OnnxBuilder, scores: Wire, hmm: Hmm): { phones: Wire; starts: Wire } {
  const parts = addParts(graph, hmm);
  const { states, perPhone, phones } = parts;
  const own = graph.constant(
    'int64',
    [states],
    Array.from({ length: states }, (_, s) => s),
  );
  const before = graph.constant(
    'int64',
    [states],
    Array.from({ length: states }, (_, s) => s - 1),
  );
  const isFirst = graph.constant(
    'bool',
    [states],
    Array.from({ length: states }, (_, s) => (s % perPhone === 0 ? 1 : 0)),
  );
  const [last, sources] = graph.scan({
    states: [graph.node('Add', [parts.initial, firstFrame(graph, scores)])],
    sequences: [slice(graph, scores, 1, end)],
    inputs: [
      ['float32', [states]],
      ['float32', [states]],
    ],
    outputs: [
      ['float32', [states]],
      ['int64', [states]],
    ],
    body: (step, [best], [observed]) => {
      const arriving = step.node('Add', [
        step.node('Unsqueeze', [lastStates(step, best as Wire, parts), step.ints(1)]),
        parts.next,
      ]); // [V, V]
      const top = step.node('ReduceMax', [arriving], { axes: [0], keepdims: 0 });
      const from = step.node('ArgMax', [arriving], { axis: 0, keepdims: 0 });
      const keep = step.node('Add', [best as Wire, parts.stay]);
      const move = step.node('Add', [shifted(step, top, best as Wire, parts), parts.leave]);
      const stays = step.node('GreaterOrEqual', [keep, move]);
      // Where a phone begins, its source is marked by adding S: the state alone would not tell it from staying.
      // [V]
      const last = step.ints(perPhone - 1 + states);
      const entered = step.node('Add', [step.node('Mul', [from, step.ints(perPhone)]), last]);
      const entry = step.node('Reshape', [
        step.node('Expand', [step.node('Unsqueeze', [entered, step.ints(1)]), step.ints(phones, perPhone)]),
        step.ints(states),
      ]);
      const source = step.node('Where', [stays, own, step.node('Where', [isFirst, entry, before])]);
      return [lessLargest(step, step.node('Add', [step.node('Max', [keep, move]), observed as Wire])), source];
    },
  }) as [Wire, Wire];
  const lastState = graph.node('ArgMax', [graph.node('Add', [last, parts.final])], { axis: 0, keepdims: 1 }); // [1]
  const [, path, marks] = graph.scan({
    states: [lastState],
    sequences: [sources],
    reverse: true,
    inputs: [
      ['int64', [1]],
      ['int64', [states]],
    ],
    outputs: [
      ['int64', [1]],
      ['int64', [1]],
      ['bool', [1]],
    ],
    body: (step, [state], [source]) => {
      const found = step.node('Gather', [source as Wire, state as Wire], { axis: 0 });
      const earlier = step.node('Mod', [found, step.ints(states)]);
      return [earlier, earlier, step.node('GreaterOrEqual', [found, step.ints(states)])];
    },
  }) as [Wire, Wire, Wire];
  // [T - 1] and [1] -> [T]
  const states1 = graph.node('Concat', [graph.node('Squeeze', [path, graph.ints(1)]), lastState], { axis: 0 });
  const starts = graph.node(
    'Concat',
    [graph.constant('bool', [1], [1]), graph.node('Squeeze', [marks, graph.ints(1)])],
    { axis: 0 },
  );
  return { phones: graph.node('Div', [states1, graph.ints(perPhone)]), starts };
}

/** Probability of each phone at each frame, given the whole utterance. [T, S] -> [T, V] */
function addPosteriors(graph: OnnxBuilder, scores: Wire, hmm: Hmm): Wire {
  const parts = addParts(graph, hmm);
  const { states, perPhone, phones } = parts;
  const sum = (step: OnnxBuilder, a: Wire, b: Wire): Wire => {
    const most = step.node('Max', [a, b]);
    const least = step.node('Min', [a, b]);
    return step.node('Add', [
      most,
      step.node('Log', [step.node('Add', [step.float(1), step.node('Exp', [step.node('Sub', [least, most])])])]),
    ]);
  };
  const rest = slice(graph, scores, 1, end);
  const vector = ['float32', [states]] as const;
  const start = graph.node('Add', [parts.initial, firstFrame(graph, scores)]);
  const [, forward] = graph.scan({
    states: [start],
    sequences: [rest],
    inputs: [vector, vector],
    outputs: [vector, vector],
    body: (step, [alpha], [observed]) => {
      const arriving = step.node('Add', [
        step.node('Unsqueeze', [lastStates(step, alpha as Wire, parts), step.ints(1)]),
        parts.next,
      ]);
      const entering = step.node('ReduceLogSumExp', [arriving], { axes: [0], keepdims: 0 });
      const move = step.node('Add', [shifted(step, entering, alpha as Wire, parts), parts.leave]);
      const now = lessLargest(
        step,
        step.node('Add', [sum(step, step.node('Add', [alpha as Wire, parts.stay]), move), observed as Wire]),
      );
      return [now, now];
    },
  }) as [Wire, Wire];
  const [, backward] = graph.scan({
    states: [parts.final],
    sequences: [rest],
    reverse: true,
    inputs: [vector, vector],
    outputs: [vector, vector],
    body: (step, [beta], [observed]) => {
      const later = step.node('Reshape', [
        step.node('Add', [beta as Wire, observed as Wire]),
        step.ints(phones, perPhone),
      ]); // [S] -> [V, perPhone]
      const entries = step.node('Transpose', [slice(step, later, 0, 1, 1)], { perm: [1, 0] }); // -> [1, V]
      const leaving = step.node('ReduceLogSumExp', [step.node('Add', [entries, parts.next])], {
        axes: [1],
        keepdims: 1,
      }); // [V, V] -> [V, 1]
      const following =
        perPhone === 1 ? leaving : step.node('Concat', [slice(step, later, 1, perPhone, 1), leaving], { axis: 1 });
      const both = sum(step, step.node('Add', [later, parts.stay]), step.node('Add', [following, parts.leave]));
      const now = lessLargest(step, step.node('Reshape', [both, step.ints(states)]));
      return [now, now];
    },
  }) as [Wire, Wire];
  const alphas = graph.node('Concat', [graph.node('Unsqueeze', [start, graph.ints(0)]), forward], { axis: 0 });
  const betas = graph.node('Concat', [backward, graph.node('Unsqueeze', [parts.final, graph.ints(0)])], { axis: 0 });
  const perState = graph.node('Softmax', [graph.node('Add', [alphas, betas])], { axis: 1 });
  return graph.node('ReduceSum', [graph.node('Reshape', [perState, graph.ints(-1, phones, perPhone)]), graph.ints(2)], {
    keepdims: 0,
  });
}
