// Does the sound know its phones? N-gram matching on each half of the training utterances, apart: where sound and text
// belong together, both find the same map, however many errors it makes; where they do not, each half finds its own.
// No label enters. It says something of units and text, so of every method that learns from units.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileDurably } from '../core/durable.js';
import { readJson } from '../core/jsonl.js';
import { matchNgrams } from '../matching/match.js';
import { agreementOf } from './agreement.js';
import { bestPhones, transcribeUnits } from './collapse.js';
import type { LearnIo } from './method.js';

const file = 'halves.json';
const schema = z.object({ agreement: z.number().nullable() });

/** Utterances whose transcripts are compared, spread evenly over both halves. */
const compared = 200;
/** Fewer in a half have no statistics. */
const least = 20;

/**
 * @returns 1 = both halves write the same, 0 = no more so than for different utterances; null where there are too few
 */
export async function agreementOfHalves({
  corpus,
  config,
  rng,
  compute,
  judge,
  signal,
}: LearnIo): Promise<number | null> {
  const units = corpus.utterances.map((utterance) => utterance.units);
  const halves = [0, 1].map((half) => units.filter((sequence, i) => i % 2 === half && sequence.length > 1));
  if (halves.some(({ length }) => length < least)) return null;
  const step = Math.max(1, Math.floor(units.length / compared));
  const looked = units.filter((_, i) => i % step === 0);
  const transcripts: string[][][] = [];
  for (const [i, half] of halves.entries()) {
    const { restarts } = await matchNgrams({
      units: half,
      unitCount: corpus.unitCount,
      sentences: corpus.sentences,
      phoneCount: corpus.matched,
      config: config.matching,
      rng: rng.fork(`half ${i + 1}`),
      compute,
      onStep: () => {
        signal?.throwIfAborted();
      },
    });
    const judged = restarts.map(({ table }) => {
      const best = bestPhones(table, corpus.matched);
      return { best, metric: judge(half.map((sequence) => transcribeUnits(sequence, best))).metric };
    });
    const { best } = judged.reduce((found, one) => (one.metric < found.metric ? one : found));
    transcripts.push(looked.map((sequence) => transcribeUnits(sequence, best).map((phone) => corpus.phones[phone]!)));
  }
  return agreementOf(transcripts[0]!, transcripts[1]!);
}

export const saveHalves = (learn: string, agreement: number | null): Promise<void> =>
  writeFileDurably(join(learn, file), `${JSON.stringify({ agreement })}\n`);

/** Null where it is not known: of methods that do not learn from units, and of older runs. */
export async function readHalves(learn: string): Promise<number | null> {
  const path = join(learn, file);
  return existsSync(path) ? (await readJson(path, schema)).agreement : null;
}
