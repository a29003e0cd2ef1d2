// The most likely way of a text through a recording, as a network of its words: pauses and sounds that the text does
// not have may lie between any two words, and words that nobody says may be gone past.
import { StateNetwork } from '../search/state-network.js';
import { createViterbi } from '../search/viterbi.js';
import type { RecordingScores } from './heard.js';
import type { SpokenWord } from './words.js';

/** A stretch of rows [startRow, endRow) of the recording. */
export interface AlignedPiece {
  readonly kind: 'phone' | 'pause' | 'other';
  readonly startRow: number;
  readonly endRow: number;
  /** Of phones: which word, the column, and the place among its phones. */
  readonly word: number;
  readonly column: number;
  readonly first: boolean;
}

export interface PathOptions {
  /** Natural log costs of going past a word, and of beginning a stretch that the text does not have. */
  readonly skipCost: number;
  readonly otherCost: number;
  /** Distances to the best at which a way is given up; the next is tried where none is left. */
  readonly beams: readonly number[];
}

/** Words that may be gone past at once, without a pause between. */
const mostSkipped = 3;
/** Ways that go on from a row, about. */
const mostActive = 3000;

interface PlaceSpec {
  readonly kind: AlignedPiece['kind'] | 'blank';
  readonly columns: readonly number[];
  readonly word: number;
  readonly column: number;
  readonly first: boolean;
}

/** @returns undefined where the text does not go through the recording in any way */
export function alignWords(
  words: readonly SpokenWord[],
  scores: RecordingScores,
  { skipCost, otherCost, beams }: PathOptions,
): AlignedPiece[] | undefined {
  const { statesPerPhone, pause, anySound } = scores;
  const specs: PlaceSpec[] = [];
  const arcs: { nodes: number[]; weights: number[] }[] = [];
  const add = (spec: PlaceSpec): number => {
    arcs.push({ nodes: [], weights: [] });
    return specs.push(spec) - 1;
  };
  const connect = (from: number, to: number, weight: number): void => {
    arcs[from]!.nodes.push(to);
    arcs[from]!.weights.push(weight);
  };
  const quiet = (kind: 'pause' | 'other', word: number): number =>
    add({ kind, columns: [kind === 'pause' ? pause : anySound], word, column: -1, first: false });
  // Gap i lies before word i.
  const gaps = Array.from({ length: words.length + 1 }, (_, i) => ({
    pause: quiet('pause', i),
    other: quiet('other', i),
  }));
  const spoken = words.map((word, i) => word.variants.map((columns) => addVariant(columns, i)));

  function addVariant(columns: readonly number[], word: number): { first: number; last: number } {
    let first = -1;
    let before = -1;
    let between = -1;
    columns.forEach((column, i) => {
      const states = Array.from({ length: statesPerPhone }, (_, c) => column * statesPerPhone + c);
      const node = add({ kind: 'phone', columns: states, word, column, first: i === 0 });
      if (i === 0) first = node;
      else {
        if (!scores.blank || columns[i - 1] !== column) connect(before, node, 0);
        if (between >= 0) connect(between, node, 0);
      }
      before = node;
      between = -1;
      if (!scores.blank || i === columns.length - 1) return;
      between = add({ kind: 'blank', columns: [pause], word, column: -1, first: false });
      connect(node, between, 0);
    });
    return { first, last: before };
  }

  /** What may come at gap i, from a place that is not its own. */
  const enterGap = (
    i: number,
    visit: (node: number, weight: number) => void,
    own: 'pause' | 'other' | 'none',
  ): void => {
    const gap = gaps[i]!;
    if (own !== 'pause') visit(gap.pause, 0);
    if (own !== 'other') visit(gap.other, -otherCost);
    for (let skipped = 0; skipped <= mostSkipped && i + skipped < words.length; skipped++)
      for (const { first } of spoken[i + skipped]!) visit(first, -skipped * skipCost);
    // A row of a pause for each word reaches past any number of them.
    if (own !== 'none' && i < words.length) visit(own === 'pause' ? gaps[i + 1]!.pause : gaps[i + 1]!.other, -skipCost);
  };
  words.forEach((_, i) => {
    for (const { last } of spoken[i]!) enterGap(i + 1, (node, weight) => connect(last, node, weight), 'none');
  });
  gaps.forEach((gap, i) => {
    for (const kind of ['pause', 'other'] as const)
      enterGap(i, (node, weight) => connect(gap[kind], node, weight), kind);
  });

  const stay = new Float64Array(specs.length * statesPerPhone);
  const leave = new Float64Array(specs.length * statesPerPhone);
  specs.forEach(({ kind }, node) => {
    if (kind !== 'phone') return;
    stay.fill(scores.stay, node * statesPerPhone, (node + 1) * statesPerPhone);
    leave.fill(scores.leave, node * statesPerPhone, (node + 1) * statesPerPhone);
  });
  const network = new StateNetwork(statesPerPhone, stay, leave, () => undefined);
  const ends = new Set(gaps.at(-1) ? [gaps.at(-1)!.pause, gaps.at(-1)!.other] : []);
  for (const { last } of spoken.at(-1) ?? []) ends.add(last);
  specs.forEach(({ columns }, node) => {
    network.addNode(node, [{ columns, final: ends.has(node) ? 0 : -Infinity }]);
  });
  specs.forEach((_, node) => {
    network.setArcs(node, arcs[node]!.nodes, arcs[node]!.weights);
  });
  const start: { nodes: number[]; weights: number[] } = { nodes: [], weights: [] };
  enterGap(
    0,
    (node, weight) => {
      start.nodes.push(node);
      start.weights.push(weight);
    },
    'none',
  );
  const path = createViterbi(network, start, { scale: 1, beams, maxActive: mostActive })(scores);
  if (!path) return undefined;
  return [...path.symbols].flatMap((node, i) => {
    const { kind, word, column, first } = specs[node]!;
    const startRow = i === 0 ? 0 : path.ends[i - 1]!;
    return kind === 'blank' ? [] : [{ kind, word, column, first, startRow, endRow: path.ends[i]! }];
  });
}
