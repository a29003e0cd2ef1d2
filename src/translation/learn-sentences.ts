// Two texts in different languages, of which no sentence needs to be the other's translation, in; a folder of phrase
// tables and language models that translates both ways out. Each round is a folder that appears whole, so that an
// interrupted training goes on behind the last one and ends with the same bytes.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { held } from '../core/disposal.js';
import type { Compute } from '../core/stage.js';
import { writeWholeOnce } from '../core/whole-folder.js';
import { estimatedModel } from '../lm/estimated-model.js';
import { estimateLm } from '../lm/estimate.js';
import { writeLm } from '../lm/lm-file.js';
import { extractedTable, withOldWords } from './extracted-table.js';
import { firstTables } from './first-tables.js';
import { readPhraseTable, writePhraseTable } from './phrase-table.js';
import type { SentenceInput } from './sentence-input.js';
import { decoderSettings, translateSentences, type TranslatorFiles } from './translator.js';
import { alignWords, type SentencePair } from './word-alignment.js';

export type Way = 'forward' | 'backward';

export const lmFolder = 'models';
export const roundFolder = (round: number): string => `round-${round}`;
export const tableFile = (way: Way): string => `${way}.tsv`;

/** What translates one way after a round. */
export function filesAfter(
  { folder, config }: Pick<SentenceInput, 'folder' | 'config'>,
  round: number,
  way: Way,
): TranslatorFiles {
  return {
    table: join(folder, roundFolder(round), tableFile(way)),
    lm: join(folder, lmFolder, way === 'forward' ? 'target.bin' : 'source.bin'),
    settings: decoderSettings(config.decoder, Math.max(config.longest, config.phrases.length)),
  };
}

export const threadsOf = ({ threads }: Compute): number => (threads === 0 ? availableParallelism() : threads);

/** @param after told of each round that is there, the first table being round 0 */
export async function learnSentences(input: SentenceInput, after: (round: number) => Promise<void>): Promise<void> {
  const { config, folder } = input;
  await writeWholeOnce(join(folder, lmFolder), (out) => writeModels(input, out));
  await writeWholeOnce(join(folder, roundFolder(0)), async (out) => {
    const { forward, backward } = await firstTables(input);
    await writePhraseTable(join(out, tableFile('forward')), forward);
    await writePhraseTable(join(out, tableFile('backward')), backward);
  });
  await after(0);
  for (let round = 1; round <= config.rounds; round++) {
    await writeWholeOnce(join(folder, roundFolder(round)), (out) => backTranslate(input, round, out));
    await after(round);
  }
}

async function writeModels({ source, target, config, signal, log }: SentenceInput, out: string): Promise<void> {
  for (const [name, sentences] of [
    ['source', source],
    ['target', target],
  ] as const) {
    await using lm = held(await estimateLm(sentences, { order: config.lmOrder, ...(signal ? { signal } : {}) }));
    await writeLm(join(out, `${name}.bin`), estimatedModel(lm));
    log.info(`${name}: ${lm.tokens} words in ${lm.sentences} sentences, ${lm.counts[0] ?? 0} different ones`);
  }
}

/** Sentences that a round learns from: long enough to have an order, short enough to be searched. */
const [shortest, longest] = [4, 30];

/**
 * Real sentences of the target, translated back, teach the way forward; real ones of the source, translated by that,
 * teach the way back.
 */
async function backTranslate(input: SentenceInput, round: number, out: string): Promise<void> {
  const { config, log, folder } = input;
  const draw = input.rng.fork(`round ${round}`);
  for (const way of ['forward', 'backward'] as const) {
    const [real, other]: [SentenceInput['source'], Way] =
      way === 'forward' ? [input.target, 'backward'] : [input.source, 'forward'];
    const usable = real.filter(({ length }) => length >= shortest && length <= longest);
    const drawn = draw
      .fork(way)
      .shuffleInPlace([...(usable.length > 0 ? usable : real)])
      .slice(0, config.sentences);
    const files = filesAfter(input, round - 1, other);
    const made = await translateSentences(
      way === 'forward' ? files : { ...files, table: join(out, tableFile('forward')) },
      drawn,
      { threads: threadsOf(input.compute), signal: input.signal },
    );
    const pairs = drawn.map((sentence, i): SentencePair => [made[i]!, sentence]);
    const table = extractedTable(pairs, alignWords(pairs), { longest: config.longest, options: config.options });
    const old = await readPhraseTable(join(folder, roundFolder(round - 1), tableFile(way)));
    await writePhraseTable(join(out, tableFile(way)), withOldWords(table, old));
    log.info(`round ${round} of ${config.rounds}, ${way}: ${table.size} phrases from ${drawn.length} sentences`);
  }
}
