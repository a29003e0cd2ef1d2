// A simulated language of 20 phones, small enough that adversarial training learns it in seconds: segment vectors and
// their truth, sentences of unpaired text, the label-free judgement, and a training of ours on it.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveConfig, type ConfigTree } from '../src/core/config.js';
import { silentLog } from '../src/core/log.js';
import { Rng } from '../src/core/rng.js';
import type { Compute } from '../src/core/stage.js';
import {
  createGenerator,
  ganConfig,
  trainGan,
  type GanConfig,
  type GanResult,
  type SegmentSource,
} from '../src/gan/index.js';
import { argmaxRows } from '../src/gan/generator.js';
import { transcript } from '../src/gan/join.js';
import { simulateUnits } from '../src/matching/simulate.js';
import { inventedSentences } from './invented-sentences.js';

export const [phones, units, columns] = [20, 40, 16];
/** Phones, then silence. */
export const vocabulary = { size: phones + 1, silence: phones };

/** Silence at both ends. */
const sentencesOf = (count: number, rng: Rng): Int32Array[] =>
  inventedSentences(phones, count, rng).map((line) => Int32Array.of(phones, ...line, phones));

/** Each unit a random direction with noise; units mistake one phone in twenty. */
function speechOf(count: number): { source: SegmentSource; truth: ReadonlyMap<string, Int32Array> } {
  const rng = Rng.fromSeed('speech');
  const spoken = sentencesOf(count, rng.fork('sentences'));
  const means = Array.from({ length: units }, () => Float32Array.from({ length: columns }, () => rng.normal()));
  const heard = simulateUnits(
    spoken,
    { phoneCount: phones + 1, unitCount: units, confusion: 0.05, insertion: 0, deletion: 0 },
    rng.fork('units'),
  ).units;
  const data = new Map(
    heard.map((line, i): [string, Float32Array] => [
      `u${i}`,
      Float32Array.from(
        [...line].flatMap((unit) => Array.from(means[unit] as Float32Array, (mean) => mean + 0.3 * rng.normal())),
      ),
    ]),
  );
  const truth = new Map(
    spoken.map((line, i): [string, Int32Array] => [`u${i}`, line.filter((phone) => phone !== phones)]),
  );
  const rowsOf = (id: string): number => (data.get(id) as Float32Array).length / columns;
  return {
    truth,
    source: {
      ids: [...data.keys()],
      columns,
      rowsOf,
      read: async (id) => ({ data: data.get(id) as Float32Array, rows: rowsOf(id) }),
    },
  };
}

/** Levenshtein distance. */
function edits(reference: ArrayLike<number>, found: ArrayLike<number>): number {
  let row = Array.from({ length: found.length + 1 }, (_, j) => j);
  for (let i = 0; i < reference.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < found.length; j++)
      next.push(
        Math.min(
          (row[j + 1] as number) + 1,
          (next[j] as number) + 1,
          (row[j] as number) + (reference[i] === found[j] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row.at(-1) as number;
}

export interface SmallLanguage {
  readonly source: SegmentSource;
  readonly truth: ReadonlyMap<string, Int32Array>;
  readonly sentences: readonly Int32Array[];
  /** Bigram perplexity over squared vocabulary use. */
  readonly score: (sequences: readonly (readonly number[])[]) => {
    readonly metric: number;
    readonly vocabularySeen: number;
  };
}

export function smallLanguage(): SmallLanguage {
  const sentences = sentencesOf(1000, Rng.fromSeed('text'));
  const counts = new Float64Array((phones + 1) * phones).fill(0.1);
  for (const line of sentences)
    for (let i = 2; i < line.length - 1; i++) counts[(line[i - 1] as number) * phones + (line[i] as number)]! += 1;
  const totals = Array.from({ length: phones }, (_, from) =>
    counts.subarray(from * phones, (from + 1) * phones).reduce((a, b) => a + b, 0),
  );
  return {
    ...speechOf(400),
    sentences,
    score: (sequences) => {
      const bits = sequences.flatMap((line) =>
        line
          .slice(1)
          .map(
            (to, i) =>
              -Math.log2((counts[(line[i] as number) * phones + to] as number) / (totals[line[i] as number] as number)),
          ),
      );
      const vocabularySeen = new Set(sequences.flat()).size / phones;
      return {
        metric:
          bits.length === 0 ? Infinity : 2 ** (bits.reduce((a, b) => a + b, 0) / bits.length) / vocabularySeen ** 2,
        vocabularySeen,
      };
    },
  };
}

/** @param transcripts by the order of `truth` */
export function phoneErrorRate({ truth }: SmallLanguage, transcripts: readonly (readonly number[])[]): number {
  let [wrong, total, i] = [0, 0, 0];
  for (const line of truth.values()) {
    wrong += edits(line, transcripts[i++] as readonly number[]);
    total += line.length;
  }
  return wrong / total;
}

export const smallConfig = (updates: number, layer: ConfigTree = {}): GanConfig =>
  resolveConfig(
    ganConfig,
    [
      {
        updates,
        batch: 40,
        evaluateEvery: Math.ceil(updates / 10),
        checkpointEvery: updates,
        metricsEvery: updates,
        smoothness: 0.1,
        codePenalty: 2,
        sessions: 16,
        generator: { kernel: 1, lr: 4e-3 },
        discriminator: { dim: 64, kernel: 4, lr: 2e-3 },
      },
      layer,
    ],
    'bench',
  );

export interface TrainedSmall {
  readonly per: number;
  readonly metric: number;
  readonly evaluations: GanResult['evaluations'];
  /** Lines of metrics.jsonl. */
  readonly watched: readonly Readonly<Record<string, number | string>>[];
}

/** Phone error rate and metric of the generator that the label-free metric chose among the evaluations. */
export async function trainSmall(
  language: SmallLanguage,
  layer: ConfigTree,
  seed: number,
  updates: number,
  compute: Compute,
): Promise<TrainedSmall> {
  const { source, truth, sentences, score } = language;
  const folder = await mkdtemp(join(tmpdir(), 'bench-small-'));
  try {
    const result = await trainGan({
      segments: source,
      sentences,
      vocabulary,
      config: smallConfig(updates, layer),
      rng: Rng.fromSeed(seed),
      compute,
      log: silentLog,
      checkpointFolder: folder,
      score,
    });
    const generator = await createGenerator(result.generator, compute);
    const transcripts: number[][] = [];
    for (const id of truth.keys()) {
      const { data, rows } = await source.read(id);
      const { logProbs, rows: outputs } = await generator.emit(data, rows);
      transcripts.push(transcript(argmaxRows(logProbs, outputs, phones + 1), phones, phones + 1));
    }
    await generator.dispose();
    const lines = (await readFile(join(folder, 'metrics.jsonl'), 'utf8')).trim().split('\n');
    return {
      per: phoneErrorRate(language, transcripts),
      metric: score(transcripts).metric,
      evaluations: result.evaluations,
      watched: lines.map((line) => JSON.parse(line) as Record<string, number | string>),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
