// What a generator starts from: the labels of a finished run of this stage, or of another one's model, laid over the
// segments. Labels in, the weights of a generator that says them and the labels for an anchor out.
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { readJson } from '../core/jsonl.js';
import type { Rng } from '../core/rng.js';
import { fitGenerator, type GanConfig, type SegmentSource } from '../gan/index.js';
import { bestPhones } from './collapse.js';
import { labelsOf } from './labels.js';
import type { LearnIo } from './method.js';

interface GanStart {
  /** [kernel * columns, classes] */
  readonly weights: Float32Array;
  /** The phone of each segment of an utterance, -1 where the labels have none. */
  readonly anchor: (id: string) => Int32Array;
}

/** The folder of `startRun`. @throws AsrError 'config' where it is not named */
export function startRunFolder({ start, startRun }: Pick<GanConfig, 'start' | 'startRun'>, data: string): string {
  if (startRun === '')
    throw new AsrError(
      'config',
      `learn: gan.start is "${start}", and gan.startRun is empty`,
      'Name the folder of a finished learn stage: gan.startRun=runs/NAME/learn.',
    );
  return resolve(data, startRun);
}

/**
 * The symbol at the middle of each segment; -1 where there is none.
 * @param ends [segments] first frame after each
 */
export function symbolsAt(labelled: { ends: Int32Array; symbols: Int32Array }, ends: Int32Array): Int32Array {
  let at = 0;
  return ends.map((end, i) => {
    const middle = ((i === 0 ? 0 : ends[i - 1]!) + end - 1) / 2;
    while (at < labelled.ends.length && labelled.ends[at]! <= middle) at++;
    return labelled.symbols[at] ?? -1;
  });
}

const phonesSchema = z.object({ phones: z.array(z.string()) });

/** @throws AsrError 'input' where there is no model in the folder, 'config' where it has other phones than the text */
async function requirePhones(folder: string, phones: readonly string[]): Promise<void> {
  const found = (await readJson(join(folder, 'emission.json'), phonesSchema)).phones;
  const other = phones.find((phone, i) => found[i] !== phone) ?? found[phones.length];
  if (other !== undefined)
    throw new AsrError(
      'config',
      `learn: the model in ${folder} has ${found.length} phones, the text has ${phones.length}, and "${other}" differs`,
      'Start from a run on the same text and settings of the text stage.',
    );
}

/**
 * A generator that says what the labels of a model say; special classes come only with training, and silence where it
 * is not matched.
 * @param folder of the model
 */
export async function startFromLabels(
  { corpus, config, compute }: LearnIo,
  segments: SegmentSource,
  folder: string,
  rng: Rng,
): Promise<GanStart> {
  await requirePhones(folder, corpus.phones);
  const { utterances, meaning } = await labelsOf(folder, corpus, compute);
  const known = corpus.matched;
  const classes = corpus.phones.length + config.gan.specials;
  const ends = new Map(corpus.utterances.map((utterance) => [utterance.id, utterance.ends]));
  const symbols = new Map(utterances.map((labelled) => [labelled.id, symbolsAt(labelled, ends.get(labelled.id)!)]));
  const labels = (id: string): Float32Array => {
    const own = symbols.get(id)!;
    const shares = new Float32Array(own.length * classes);
    own.forEach((symbol, i) => {
      if (symbol >= 0) shares.set(meaning.subarray(symbol * known, (symbol + 1) * known), i * classes);
    });
    return shares;
  };
  const phoneOf = bestPhones(meaning, known);
  return {
    weights: await fitGenerator({ segments, labels, classes, config: config.gan, rng, compute }),
    anchor: (id) => symbols.get(id)!.map((symbol) => (symbol < 0 ? -1 : phoneOf[symbol]!)),
  };
}
