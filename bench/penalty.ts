// What it costs and saves to look at the gradient penalty less often: time of a pair of training steps, and the phone
// error rate of short trainings on a simulated language, for each setting.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveConfig, type ConfigTree } from '../src/core/config.js';
import { silentLog } from '../src/core/log.js';
import { Rng } from '../src/core/rng.js';
import type { Compute } from '../src/core/stage.js';
import { createGenerator, ganConfig, trainGan, type SegmentSource } from '../src/gan/index.js';
import { argmaxRows } from '../src/gan/generator.js';
import { transcript } from '../src/gan/join.js';
import { simulateUnits } from '../src/matching/simulate.js';
import { ganSizes, ourSteps } from './gan.js';
import { median, rounded } from './timing.js';

const settings: readonly { readonly name: string; readonly layer: ConfigTree }[] = [
  { name: 'every step, whole batch (reference)', layer: {} },
  { name: 'half of the batch', layer: { gradientPenaltyShare: 0.5 } },
  { name: 'a quarter of the batch', layer: { gradientPenaltyShare: 0.25 } },
  { name: 'every 2nd step', layer: { gradientPenaltyEvery: 2 } },
  { name: 'every 4th step', layer: { gradientPenaltyEvery: 4 } },
  { name: 'none', layer: { gradientPenalty: 0 } },
];

const [phones, units, columns] = [20, 40, 16];

/** Sentences of an uneven bigram, silence at both ends. */
function sentencesOf(count: number, rng: Rng): Int32Array[] {
  const source = Rng.fromSeed('language');
  const moves = Array.from({ length: phones + 1 }, (_, from) => Array.from({ length: phones }, (_, to) => (to === from ? 0 : Math.log(1 - source.uniform()) ** 4)));
  const draw = (weights: readonly number[]): number => {
    let left = rng.uniform() * weights.reduce((a, b) => a + b, 0);
    return Math.max(0, weights.findIndex((weight) => (left -= weight) < 0));
  };
  return Array.from({ length: count }, () => {
    const line = [draw(moves[phones] as number[])];
    const length = 8 + rng.integer(12);
    while (line.length < length) line.push(draw(moves[line.at(-1) as number] as number[]));
    return Int32Array.of(phones, ...line, phones);
  });
}

/** Each unit a random direction with noise; units mistake one phone in twenty. */
function speechOf(count: number): { source: SegmentSource; truth: ReadonlyMap<string, Int32Array> } {
  const rng = Rng.fromSeed('speech');
  const spoken = sentencesOf(count, rng.fork('sentences'));
  const means = Array.from({ length: units }, () => Float32Array.from({ length: columns }, () => rng.normal()));
  const heard = simulateUnits(spoken, { phoneCount: phones + 1, unitCount: units, confusion: 0.05, insertion: 0, deletion: 0 }, rng.fork('units')).units;
  const data = new Map(heard.map((line, i): [string, Float32Array] => [`u${i}`, Float32Array.from([...line].flatMap((unit) => Array.from(means[unit] as Float32Array, (mean) => mean + 0.3 * rng.normal())))]));
  const truth = new Map(spoken.map((line, i): [string, Int32Array] => [`u${i}`, line.filter((phone) => phone !== phones)]));
  const rowsOf = (id: string): number => (data.get(id) as Float32Array).length / columns;
  return { truth, source: { ids: [...data.keys()], columns, rowsOf, read: async (id) => ({ data: data.get(id) as Float32Array, rows: rowsOf(id) }) } };
}

/** Levenshtein distance. */
function edits(reference: ArrayLike<number>, found: ArrayLike<number>): number {
  let row = Array.from({ length: found.length + 1 }, (_, j) => j);
  for (let i = 0; i < reference.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < found.length; j++) next.push(Math.min((row[j + 1] as number) + 1, (next[j] as number) + 1, (row[j] as number) + (reference[i] === found[j] ? 0 : 1)));
    row = next;
  }
  return row.at(-1) as number;
}

/** Phone error rate of the generator that the label-free metric (bigram perplexity over squared vocabulary use) chose. */
export async function errorRate(layer: ConfigTree, seed: number, updates: number, compute: Compute): Promise<number> {
  const { source, truth } = speechOf(400);
  const sentences = sentencesOf(1000, Rng.fromSeed('text'));
  const counts = new Float64Array((phones + 1) * phones).fill(0.1);
  for (const line of sentences) for (let i = 2; i < line.length - 1; i++) counts[(line[i - 1] as number) * phones + (line[i] as number)]! += 1;
  const totals = Array.from({ length: phones }, (_, from) => counts.subarray(from * phones, (from + 1) * phones).reduce((a, b) => a + b, 0));
  const score = (sequences: number[][]): { metric: number; vocabularySeen: number } => {
    const bits = sequences.flatMap((line) => line.slice(1).map((to, i) => -Math.log2((counts[(line[i] as number) * phones + to] as number) / (totals[line[i] as number] as number))));
    const vocabularySeen = new Set(sequences.flat()).size / phones;
    return { metric: bits.length === 0 ? Infinity : 2 ** (bits.reduce((a, b) => a + b, 0) / bits.length) / vocabularySeen ** 2, vocabularySeen };
  };
  const folder = await mkdtemp(join(tmpdir(), 'bench-penalty-'));
  const base: ConfigTree = {
    updates, batch: 40, evaluateEvery: Math.ceil(updates / 10), checkpointEvery: updates, metricsEvery: updates, smoothness: 0.1, codePenalty: 2, sessions: 16,
    generator: { kernel: 1, lr: 4e-3 }, discriminator: { dim: 64, kernel: 4, lr: 2e-3 },
  };
  try {
    const result = await trainGan({
      segments: source, sentences, vocabulary: { size: phones + 1, silence: phones }, config: resolveConfig(ganConfig, [base, layer], 'bench'),
      rng: Rng.fromSeed(seed), compute, log: silentLog, checkpointFolder: folder, score,
    });
    const generator = await createGenerator(result.generator, compute);
    let [wrong, total] = [0, 0];
    for (const [id, line] of truth) {
      const { data, rows } = await source.read(id);
      const { logProbs, rows: outputs } = await generator.emit(data, rows);
      wrong += edits(line, transcript(argmaxRows(logProbs, outputs, phones + 1), phones, phones + 1));
      total += line.length;
    }
    await generator.dispose();
    return wrong / total;
  } finally {
    await rm(folder, { recursive: true });
  }
}

export interface PenaltyOptions {
  readonly compute: Compute;
  readonly size: string;
  readonly seeds: number;
  readonly updates: number;
}

export async function* benchPenalty({ compute, size, seeds, updates }: PenaltyOptions): AsyncGenerator<Record<string, string | number | null>> {
  const wanted = ganSizes.find((entry) => entry.size === size) ?? ganSizes[1]!;
  let reference = 0;
  for (const { name, layer } of settings) {
    const every = Number(layer['gradientPenaltyEvery'] ?? 1);
    const steps = await ourSteps(wanted, compute, true, layer);
    const times: number[] = [];
    for (let round = 0; round <= wanted.rounds; round++) {
      const d = await steps.discriminator();
      const between = every > 1 ? await steps.between() : d;
      const g = await steps.generator();
      if (round > 0) times.push((d.cpuMs + (every - 1) * between.cpuMs) / every + g.cpuMs);
    }
    await steps.dispose();
    const cpuMs = median(times);
    if (reference === 0) reference = cpuMs;
    const rates: number[] = [];
    for (let seed = 1; seed <= seeds; seed++) rates.push(await errorRate(layer, seed, updates, { ...compute, threads: 1 }));
    rates.sort((a, b) => a - b);
    yield {
      penalty: name, size: wanted.size, cpuMs: rounded(cpuMs), speed: rounded(reference / cpuMs), updates, seeds,
      bestPer: rates[0] === undefined ? null : rounded(rates[0]), medianPer: rates.length > 0 ? rounded(median(rates)) : null, worstPer: rates.length > 0 ? rounded(rates.at(-1)!) : null,
    };
  }
}
