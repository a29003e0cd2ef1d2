// Do sound and text belong together? N-gram matching on the training utterances as they are and played backwards: a
// map that means something needs the order of the phones, so it fits far worse backwards; where no map is to be found
// (another language, noise, units that are no phones) both directions fit equally badly, however much matching makes
// of them. No label enters. It says something of units and text, so of every method that learns from units.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileDurably } from '../core/durable.js';
import { readJson } from '../core/jsonl.js';
import { matchNgrams } from '../matching/match.js';
import type { LearnIo } from './method.js';

const file = 'backwards.json';
const schema = z.object({ direction: z.number().nullable() });

/** Fewer utterances have no statistics. */
const least = 40;

/**
 * @returns ln(loss backwards over loss forwards); 0 = the sound has no direction for this text; null for too few
 * utterances
 */
export async function directionOf({ corpus, config, rng, compute, signal }: LearnIo): Promise<number | null> {
  const units = corpus.utterances.map((utterance) => utterance.units).filter(({ length }) => length > 1);
  if (units.length < least) return null;
  const lossOf = async (sequences: readonly Int32Array[], name: string): Promise<number> => {
    const { loss } = await matchNgrams({
      units: sequences,
      unitCount: corpus.unitCount,
      sentences: corpus.sentences,
      phoneCount: corpus.matched,
      config: config.matching,
      rng: rng.fork(name),
      compute,
      onStep: () => {
        signal?.throwIfAborted();
      },
    });
    return loss;
  };
  const forwards = await lossOf(units, 'forwards');
  const backwards = await lossOf(
    units.map((sequence) => sequence.toReversed()),
    'backwards',
  );
  return Math.log(backwards / forwards);
}

export const saveDirection = (learn: string, direction: number | null): Promise<void> =>
  writeFileDurably(join(learn, file), `${JSON.stringify({ direction })}\n`);

/** Null where it is not known: of methods that do not learn from units, and of older runs. */
export async function readDirection(learn: string): Promise<number | null> {
  const path = join(learn, file);
  return existsSync(path) ? (await readJson(path, schema)).direction : null;
}
