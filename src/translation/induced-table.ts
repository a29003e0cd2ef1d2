// A phrase table from two clouds of n-gram vectors that lie on each other: a phrase's nearest phrases by CSLS, their
// scores made probabilities by a softmax (Lample et al., EMNLP 2018, section 4.3; Artetxe et al., EMNLP 2018).
import type { Compute } from '../core/stage.js';
import { tf } from '../engine/index.js';
import { createRowGraph, rowBlock } from '../numeric/row-graph.js';
import { meanOfLargest, type Side } from './csls.js';
import { byWords, leastLog, type TranslationTable } from './lexicon.js';
import type { PhraseOption, PhraseTable } from './phrase-table.js';

export interface NamedSide extends Side {
  /** [rows] words joined by blanks. */
  readonly names: readonly string[];
}

export interface InducedSettings {
  /** Options of each phrase. */
  readonly options: number;
  /** What CSLS is multiplied by before the softmax. */
  readonly sharpness: number;
  readonly neighbours: number;
}

/** The nearest rows of the other side, best first, as probabilities. */
interface Nearest {
  readonly rows: Int32Array;
  readonly logs: Float64Array;
}

/** Both directions, the sources already mapped. */
export async function inducedTables(
  source: NamedSide,
  target: NamedSide,
  settings: InducedSettings,
  compute: Compute,
): Promise<{ forward: PhraseTable; backward: PhraseTable }> {
  const there = cosines(source, target, compute);
  const back = cosines(target, source, compute);
  try {
    const sourceDensity = await densities(source, target.rows, there, settings);
    const targetDensity = await densities(target, source.rows, back, settings);
    const forward = await nearest(source, [sourceDensity, targetDensity], there, settings);
    const backward = await nearest(target, [targetDensity, sourceDensity], back, settings);
    return {
      forward: tableOf(source, target, forward, backward, settings),
      backward: tableOf(target, source, backward, forward, settings),
    };
  } finally {
    await there.dispose();
    await back.dispose();
  }
}

interface Cosines {
  /** Calls back with each row's cosines with all rows of the other side. */
  each(side: Side, use: (row: number, values: Float32Array) => void): Promise<void>;
  dispose(): Promise<void>;
}

function cosines(of: Side, other: Side, compute: Compute): Cosines {
  const dim = of.data.length / of.rows;
  const graph = createRowGraph({
    name: 'phrase cosines',
    columns: dim,
    compute,
    parameters: { other: [other.rows, dim] },
    widths: { cosine: other.rows },
    fn: (x, parameters) => ({ cosine: tf.matMul(x, parameters.other, false, true) }),
  });
  return {
    each: async (side, use) => {
      for (let start = 0; start < side.rows; start += rowBlock) {
        const rows = Math.min(rowBlock, side.rows - start);
        const { cosine } = await graph.run(side.data.subarray(start * dim, (start + rows) * dim), rows, {
          other: other.data,
        });
        for (let i = 0; i < rows; i++) use(start + i, cosine.subarray(i * other.rows, (i + 1) * other.rows));
      }
    },
    dispose: () => graph.dispose(),
  };
}

async function densities(
  side: Side,
  others: number,
  all: Cosines,
  { neighbours }: InducedSettings,
): Promise<Float32Array> {
  const means = new Float32Array(side.rows);
  await all.each(side, (row, values) => {
    means[row] = meanOfLargest(values, Math.min(neighbours, others));
  });
  return means;
}

async function nearest(
  side: Side,
  [own, others]: readonly [Float32Array, Float32Array],
  all: Cosines,
  { options, sharpness }: InducedSettings,
): Promise<Nearest[]> {
  const k = Math.min(options, others.length);
  const found: Nearest[] = [];
  await all.each(side, (row, values) => {
    const rows = new Int32Array(k);
    const scores = new Float64Array(k).fill(-Infinity);
    for (let other = 0; other < values.length; other++) {
      const score = 2 * values[other]! - others[other]!;
      if (score <= scores[k - 1]!) continue;
      let at = k - 1;
      for (; at > 0 && scores[at - 1]! < score; at--) {
        scores[at] = scores[at - 1]!;
        rows[at] = rows[at - 1]!;
      }
      scores[at] = score;
      rows[at] = other;
    }
    const logs = scores.map((score) => sharpness * (score - own[row]!));
    const norm = Math.log(logs.reduce((sum, value) => sum + Math.exp(value - logs[0]!), 0)) + logs[0]!;
    found[row] = { rows, logs: logs.map((value) => value - norm) };
  });
  return found;
}

function tableOf(
  source: NamedSide,
  target: NamedSide,
  forward: readonly Nearest[],
  backward: readonly Nearest[],
  { options }: InducedSettings,
): PhraseTable {
  const table = new Map<string, PhraseOption[]>();
  const lexical = { there: lexicon(source, target, forward), back: lexicon(target, source, backward) };
  forward.forEach(({ rows, logs }, row) => {
    const words = source.names[row]!.split(' ');
    const entries: PhraseOption[] = [];
    for (let i = 0; i < Math.min(options, rows.length); i++) {
      const other = rows[i]!;
      const name = target.names[other]!.split(' ');
      const way = backward[other]!.rows.indexOf(row);
      entries.push({
        target: name,
        features: [
          Math.min(0, logs[i]!),
          way < 0 ? leastLog : Math.min(0, backward[other]!.logs[way]!),
          byWords(words, name, lexical.there),
          byWords(name, words, lexical.back),
        ].map((value) => Math.max(leastLog, value)),
      });
    }
    table.set(source.names[row]!, entries);
  });
  return table;
}

function lexicon(of: NamedSide, other: NamedSide, near: readonly Nearest[]): TranslationTable {
  const table = new Map<string, Map<string, number>>();
  of.names.forEach((name, row) => {
    if (name.includes(' ')) return;
    const entries = new Map<string, number>();
    near[row]!.rows.forEach((to, i) => {
      if (!other.names[to]!.includes(' ')) entries.set(other.names[to]!, near[row]!.logs[i]!);
    });
    table.set(name, entries);
  });
  return table;
}
