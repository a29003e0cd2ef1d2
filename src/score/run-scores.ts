// Every run of the learn stage against references, long after one of them was chosen: how well the label-free metric
// ranks them, and what a choice by references would have gained. Runs are decoded greedily, since weights of a search
// would have to be tuned for each.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { itemProblem } from '../core/errors.js';
import { JsonlWriter, readJsonl } from '../core/jsonl.js';
import type { StageIo } from '../core/stage.js';
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

/**
 * Writes runs.jsonl, in the order of the learn stage. The phones of the references are read from `io.out`.
 * @param items that the error rate is measured on; a share of them, spread evenly, is taken
 * @returns undefined where nothing is to be scored
 */
export async function scoreRuns(
  io: StageIo<ScoreConfig>,
  folders: RunFolders,
  items: readonly Item[],
): Promise<ChoiceReport | undefined> {
  const list = join(folders.learn, 'runs.jsonl');
  if (io.config.runReferences === 0 || !existsSync(list)) return undefined;
  const sample = new Map(evenly(items, io.config.runReferences).map((item) => [item.id, item]));
  const references = new Map<string, string[]>();
  for await (const { id, phones } of scoredReferences(io.out)) if (sample.has(id)) references.set(id, phones);
  const runs: ScoredRun[] = [];
  await using writer = await JsonlWriter.create(join(io.out, 'runs.jsonl'));
  for await (const { name, chosen, state, metric } of readJsonl(list, lineSchema)) {
    io.signal?.throwIfAborted();
    const run: ScoredRun = {
      name,
      chosen,
      state,
      metric,
      per: await errorRateOf(io, folders, name, sample, references),
    };
    runs.push(run);
    await writer.write(run);
  }
  await writer.close();
  return summarise(runs, sample.size);
}

/** null, and a warning, for a run whose model is gone or damaged. */
async function errorRateOf(
  io: StageIo<ScoreConfig>,
  folders: RunFolders,
  name: string,
  sample: ReadonlyMap<string, Item>,
  references: ReadonlyMap<string, readonly string[]>,
): Promise<number | null> {
  try {
    const recognised = await greedyPhones(
      io,
      folders,
      runFolder(folders.learn, name),
      new Set([...sample.values()].flatMap(({ utterances }) => utterances)),
    );
    let counts = noErrors;
    for (const [id, { utterances }] of sample) {
      counts = addErrors(
        counts,
        compare(
          references.get(id) ?? [],
          utterances.flatMap((utterance) => recognised.get(utterance) ?? []),
        ),
      );
    }
    return errorRate(counts);
  } catch (thrown) {
    const error = itemProblem(thrown);
    io.log.warn(`${name} is not scored: ${error.message}`);
    return null;
  }
}

async function greedyPhones(
  io: StageIo<ScoreConfig>,
  folders: RunFolders,
  model: string,
  wanted: ReadonlySet<string>,
): Promise<Map<string, string[]>> {
  await using emission = held(await loadEmission(model, io.compute));
  const { phones, silence, needsFrames } = emission;
  const recognised = new Map<string, string[]>();
  for await (const { utterance, input } of decodeItems(folders, needsFrames, (id) => wanted.has(id))) {
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
