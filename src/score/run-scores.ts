// Every run of the learn stage against references, long after one of them was chosen: how well the label-free metric
// ranks them, and what a choice by references would have gained. Runs are decoded greedily, since weights of a search
// would have to be tuned for each.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { itemProblem } from '../core/errors.js';
import { JsonlWriter, readJsonl } from '../core/jsonl.js';
import type { PieceIo, StageIo } from '../core/stage.js';
import { held } from '../core/disposal.js';
import { decodeGreedy } from '../decode/greedy.js';
import { decodeItems, type InputFolders } from '../decode/inputs.js';
import { loadEmission } from '../learn/emission.js';
import { runFolder, runSchema } from '../learn/run-folder.js';
import type { ScoreConfig } from './config.js';
import { rankCorrelation } from './rank-correlation.js';
import { scoredReferences, type ChoiceReport, type ScoredRun } from './report.js';
import { addErrors, compare, errorRate, noErrors } from './score.js';

export type RunFolders = InputFolders & { readonly learn: string };

/** A reference and the utterances that it covers. */
interface Item {
  readonly id: string;
  readonly utterances: readonly string[];
}

const lineSchema = runSchema.extend({ chosen: z.boolean() });

/** Few enough that the last piece is short, many enough that a worker's start does not count. */
const runsOfPiece = 4;

/** Some of the runs, and the references that all are compared with. */
const pieceSchema = z.object({
  runs: z.array(z.string()),
  items: z.array(z.object({ id: z.string(), utterances: z.array(z.string()) })),
});
/** What a piece says of a run: its error rate, or why there is none. */
const foundSchema = z.object({ name: z.string(), per: z.number().nullable(), problem: z.string().exactOptional() });
type Found = z.infer<typeof foundSchema>;
const foundFile = 'found.jsonl';

/**
 * Writes runs.jsonl, in the order of the learn stage. The phones of the references are read from `io.out`.
 * @param items that the error rate is measured on; a share of them, spread evenly, is taken
 * @returns undefined where nothing is to be scored
 */
export async function scoreRuns(
  io: StageIo<ScoreConfig>,
  { learn }: RunFolders,
  items: readonly Item[],
): Promise<ChoiceReport | undefined> {
  const list = join(learn, 'runs.jsonl');
  if (io.config.runReferences === 0 || !existsSync(list)) return undefined;
  const sample = evenly(items, io.config.runReferences).map(({ id, utterances }) => ({ id, utterances }));
  const lines: z.infer<typeof lineSchema>[] = [];
  for await (const line of readJsonl(list, lineSchema)) lines.push(line);
  // Neighbours are of one method, and cost the same: each piece gets some of every kind.
  const count = Math.ceil(lines.length / runsOfPiece);
  const pieces = await io.pieces(
    Array.from({ length: count }, (_, piece) => ({
      name: `runs-${piece + 1}`,
      input: { runs: lines.filter((_line, i) => i % count === piece).map(({ name }) => name), items: sample },
    })),
  );
  const found = new Map<string, Found>();
  for (const piece of pieces)
    for await (const one of readJsonl(join(piece, foundFile), foundSchema)) found.set(one.name, one);
  const runs: ScoredRun[] = [];
  await using writer = await JsonlWriter.create(join(io.out, 'runs.jsonl'));
  for (const { name, chosen, state, metric } of lines) {
    const { per, problem } = found.get(name) as Found;
    if (problem !== undefined) io.log.warn(`${name} is not scored: ${problem}`);
    const run: ScoredRun = { name, chosen, state, metric, per };
    runs.push(run);
    await writer.write(run);
  }
  await writer.close();
  return summarise(runs, sample.length);
}

/** Scores the runs of one piece. */
export async function scoreSomeRuns(io: RunsIo, input: unknown): Promise<void> {
  const { runs, items } = pieceSchema.parse(input);
  const references = new Map<string, string[]>();
  for await (const { id, phones } of scoredReferences(io.stageOut)) references.set(id, phones);
  await using writer = await JsonlWriter.create(join(io.out, foundFile));
  for (const name of runs) {
    io.signal?.throwIfAborted();
    await writer.write(await errorRateOf(io, name, items, references));
  }
  await writer.close();
}

type RunsIo = PieceIo<ScoreConfig, keyof RunFolders>;

/** No rate, but a problem, for a run whose model is gone or damaged. */
async function errorRateOf(
  io: RunsIo,
  name: string,
  items: readonly Item[],
  references: ReadonlyMap<string, readonly string[]>,
): Promise<Found> {
  try {
    const wanted = new Set(items.flatMap(({ utterances }) => utterances));
    const recognised = await greedyPhones(io, runFolder(io.inputs.learn, name), wanted);
    let counts = noErrors;
    for (const { id, utterances } of items) {
      const phones = utterances.flatMap((utterance) => recognised.get(utterance) ?? []);
      counts = addErrors(counts, compare(references.get(id) ?? [], phones));
    }
    return { name, per: errorRate(counts) };
  } catch (thrown) {
    return { name, per: null, problem: itemProblem(thrown).message };
  }
}

async function greedyPhones(
  { inputs, compute }: RunsIo,
  model: string,
  wanted: ReadonlySet<string>,
): Promise<Map<string, string[]>> {
  await using emission = held(await loadEmission(model, compute));
  const { phones, silence, needsFrames } = emission;
  const recognised = new Map<string, string[]>();
  for await (const { utterance, input } of decodeItems(inputs, needsFrames, (id) => wanted.has(id))) {
    if (!input) continue;
    const spans = decodeGreedy(await emission.emit(input), phones.length, phones.indexOf(silence));
    recognised.set(
      utterance.id,
      spans.map(({ phone }) => phones[phone] as string),
    );
  }
  return recognised;
}

function summarise(runs: readonly ScoredRun[], references: number): ChoiceReport | undefined {
  const scored = runs.flatMap((run) => (run.per === null ? [] : [{ ...run, per: run.per }]));
  const chosen = scored.find((run) => run.chosen);
  if (!chosen) return undefined;
  const best = scored.reduce((least, run) => (run.per < least.per ? run : least), chosen);
  return {
    references,
    runs: scored.length,
    rankCorrelation: rankCorrelation(
      scored.flatMap(({ metric, per }) => (metric === null ? [] : [[metric, per] as const])),
    ),
    chosen: { name: chosen.name, per: chosen.per },
    best: { name: best.name, per: best.per },
    regret: chosen.per - best.per,
  };
}

/** At most `count` of them, from the first to the last at equal distances. */
function evenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)] as T);
}
