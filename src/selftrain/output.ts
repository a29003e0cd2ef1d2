// What the selftrain stage leaves behind, and where the recognised phones of a run are: in its folder where a pass was
// chosen, else in decode's.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileDurably } from '../core/durable.js';
import { AsrError } from '../core/errors.js';
import { readJson, readJsonl } from '../core/jsonl.js';
import { decoderFolder } from '../decode/decoder-files.js';
import { hypothesisFiles } from '../decode/hypothesis-texts.js';
import { featuresInfoSchema, readFeaturesInfo, type FeaturesInfo } from '../features/folder.js';

export const passesFile = 'passes.jsonl';
/** The name under which what decode wrote is judged. */
export const startName = 'decode';

/** What the run recognises with, and why, in a sentence. */
const choiceFile = 'choice.json';
const choiceSchema = z.object({ pass: z.string(), reason: z.string() });
export type PassChoice = z.infer<typeof choiceSchema>;

export async function writePassChoice(folder: string, choice: PassChoice): Promise<void> {
  await writeFileDurably(join(folder, choiceFile), `${JSON.stringify(choice)}\n`);
}

/** Undefined for runs of older versions. */
export async function readPassChoice(folder: string): Promise<PassChoice | undefined> {
  const path = join(folder, choiceFile);
  return existsSync(path) ? readJson(path, choiceSchema) : undefined;
}

const number = z.number().nullable();
export const passSchema = z.object({
  name: z.string(),
  /** Of a small model that learned from the pass' labels; null where nothing could be judged. */
  metric: number,
  perplexity: number,
  vocabularySeen: z.number(),
  logLengthRatio: number,
  seconds: z.number(),
});
export type PassRecord = z.infer<typeof passSchema>;
export const passLineSchema = passSchema.extend({ chosen: z.boolean() });
export type PassLine = z.infer<typeof passLineSchema>;

export const passFolder = (out: string, name: string): string => join(out, 'passes', name);

export async function finishedPass(out: string, name: string): Promise<PassRecord | undefined> {
  const path = join(passFolder(out, name), 'pass.json');
  return existsSync(path) ? readJson(path, passSchema) : undefined;
}

/**
 * The pass with the least metric, where that is less than the first's by a share of it; else the first, which is what
 * decode wrote: a small model judges, and on few utterances.
 * @throws RangeError on an empty list
 */
export function betterOf(records: readonly PassRecord[], margin: number): PassRecord {
  const [first, ...others] = records;
  if (!first) throw new RangeError('betterOf: no passes');
  const metric = (record: PassRecord): number => record.metric ?? Infinity;
  const best = others.reduce((least, record) => (metric(record) < metric(least) ? record : least), first);
  return metric(best) < (1 - margin) * metric(first) ? best : first;
}

/** What decode wrote and every pass with its judgement, in order; empty where nothing was trained. */
export async function readPasses(folder: string): Promise<PassLine[]> {
  const path = join(folder, passesFile);
  const passes: PassLine[] = [];
  if (existsSync(path)) for await (const line of readJsonl(path, passLineSchema)) passes.push(line);
  return passes;
}

/** The folder with the hypotheses that count. */
export function hypothesisFolder(folders: { readonly decode: string; readonly selftrain: string }): string {
  return existsSync(join(folders.selftrain, hypothesisFiles.records)) ? folders.selftrain : folders.decode;
}

/** How the frames are made that the chosen pass' model hears, beside its emission model and its decoder. */
export const frontEndFile = 'front-end.json';

/** What a run recognises with: learn's model and decode's decoder, or those of the pass that selftrain chose. */
export interface ChosenSystem {
  /** Holds the emission model. */
  readonly emission: string;
  readonly decoder: string;
  readonly frontEnd: FeaturesInfo;
  /** Name of the pass; that of decode where none was chosen. */
  readonly pass: string;
}

/** @throws AsrError 'input' where an older version left only what the chosen pass recognised */
export async function chosenSystem(
  folders: Readonly<Record<'learn' | 'decode' | 'selftrain' | 'features', string>>,
): Promise<ChosenSystem> {
  const { learn, decode, selftrain, features } = folders;
  if (hypothesisFolder(folders) === decode)
    return {
      emission: learn,
      decoder: join(decode, decoderFolder),
      frontEnd: await readFeaturesInfo(features),
      pass: startName,
    };
  if (!existsSync(join(selftrain, frontEndFile)))
    throw new AsrError(
      'input',
      `${selftrain}: what its chosen pass recognised is there, but not its model: it was made by an older version`,
      'Run the recipe again with --from selftrain.',
    );
  return {
    emission: selftrain,
    decoder: join(selftrain, decoderFolder),
    frontEnd: await readJson(join(selftrain, frontEndFile), featuresInfoSchema),
    pass: (await readPasses(selftrain)).find(({ chosen }) => chosen)?.name ?? '',
  };
}
