// Two texts in two languages in, what translates between them out; of a test's reference only scores are made, when
// all is learnt. Without texts, sentences of a made-up grammar and their cipher in another order.
import { copyFile, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { writeFileDurably } from '../../src/core/durable.js';
import { AsrError } from '../../src/core/errors.js';
import { defineStage, type StageCounts, type StageIo } from '../../src/core/stage.js';
import { translationScores } from '../../src/score/bleu.js';
import { madeUpTexts } from '../../src/translation/made-up-texts.js';
import { readPhraseTable } from '../../src/translation/phrase-table.js';
import { sentenceConfig } from '../../src/translation/sentence-config.js';
import {
  filesAfter,
  learnSentences,
  lmFolder,
  roundFolder,
  tableFile,
  threadsOf,
} from '../../src/translation/learn-sentences.js';
import type { SentenceInput } from '../../src/translation/sentence-input.js';
import { lineOf } from '../../src/translation/tokens.js';
import { translateSentences } from '../../src/translation/translator.js';
import { translatorFile, translatorRecord } from '../../src/translation/translator-record.js';
import { readTexts, type Texts } from './texts.js';

const config = z.object({
  source: z
    .string()
    .default('')
    .describe(
      'text to translate from, one sentence a line, or transcripts (.jsonl, the folder of a run); relative to ' +
        '--data; empty = a made-up language instead',
    ),
  target: z.string().default('').describe('text in the language to translate into; no translation of the other'),
  test: z.string().default('').describe('text whose translation is written after each round; never learnt from'),
  reference: z
    .string()
    .default('')
    .describe('its translation, line by line: opened for scores alone, when all is learnt'),
  madeUp: z.number().int().min(100).max(1e6).default(4000).describe('sentences of the made-up language, a side'),
  ...sentenceConfig.shape,
});
type Io = StageIo<z.infer<typeof config>>;

export const standsAlone = true;

/** Sentences on each side with which the first words are found. */
const enough = 5000;

export const prepareStage = defineStage({
  name: 'corpus',
  version: 1,
  reads: [],
  config,
  resumable: true,
  external: ({ source, target, test, reference }, data) =>
    [source, target, test, reference].filter((path) => path !== '').map((path) => resolve(data, path)),
  async run(io) {
    const texts = await textsOf(io);
    for (const side of ['source', 'target'] as const)
      if (io.config.source !== '' && texts[side].length < enough)
        io.log.warn(`${side}: ${texts[side].length} sentences; below ${enough} little can be learnt`);
    const input: SentenceInput = {
      source: texts.source,
      target: texts.target,
      config: io.config,
      folder: io.out,
      rng: io.rng,
      compute: io.compute,
      log: io.log,
      signal: io.signal,
    };
    await learnSentences(input, (round) => translateTest(input, texts.test, round));
    const counts = await scores(io, texts);
    await keepLast(io);
    return { source: texts.source.length, target: texts.target.length, ...counts };
  },
});

async function textsOf(io: Io): Promise<Texts> {
  const { source, target, test, reference } = io.config;
  if ((source === '') !== (target === ''))
    throw new AsrError(
      'config',
      `corpus.${source === '' ? 'source' : 'target'} is missing`,
      'Give both texts: --set corpus.source=de.txt --set corpus.target=en.txt; or none, for a made-up language.',
    );
  if (reference !== '' && test === '')
    throw new AsrError('config', 'corpus.reference without corpus.test', 'Name the text that it translates, too.');
  if (source === '') return madeUpTexts(io.config.madeUp, io.rng.fork('made up'));
  const path = (name: string): string => (name === '' ? '' : resolve(io.data, name));
  return readTexts(
    { source: path(source), target: path(target), test: path(test), reference: path(reference) },
    io.skip,
  );
}

const testFile = (round: number): string => `test-${round}.txt`;
const wordFile = 'test-words.txt';

/** Beside the round's own folder, so that it is there or not, too. */
async function translateTest(input: SentenceInput, test: Texts['test'], round: number): Promise<void> {
  const { folder, compute, signal } = input;
  if (test.length === 0 || existsSync(join(folder, testFile(round)))) return;
  const files = filesAfter(input, round, 'forward');
  if (round === 0) {
    const table = await readPhraseTable(files.table);
    const words = test.map((sentence) =>
      lineOf(sentence.flatMap((word) => table.get(word)?.find(({ target }) => target.length === 1)?.target ?? [word])),
    );
    await writeFileDurably(join(folder, wordFile), `${words.join('\n')}\n`);
  }
  const made = await translateSentences(files, test, { threads: threadsOf(compute), signal });
  await writeFileDurably(join(folder, testFile(round)), `${made.map(lineOf).join('\n')}\n`);
}

/** BLEU and chrF without capitals of the test after each round: the first look at its reference. */
async function scores(io: Io, { test, reference }: Texts): Promise<StageCounts> {
  if (test.length === 0) return {};
  const wanted = await reference();
  if (wanted.length === 0) return { test: test.length };
  const rows: string[] = [];
  const counts: StageCounts = { test: test.length };
  const named: [string, string][] = [
    ['word by word', wordFile],
    ...Array.from({ length: io.config.rounds + 1 }, (_, round): [string, string] => [
      round === 0 ? 'phrase table' : `round ${round}`,
      testFile(round),
    ]),
  ];
  for (const [name, file] of named) {
    const lines = (await readFile(join(io.out, file), 'utf8')).split('\n');
    const { bleu, chrf } = translationScores(
      wanted.map((line, i) => [lines[i] ?? '', line] as const),
      true,
    );
    io.log.info(`${name}: BLEU ${bleu.toFixed(2)}, chrF ${chrf.toFixed(2)}`);
    rows.push(`${name}\t${bleu.toFixed(4)}\t${chrf.toFixed(4)}`);
    counts[`BLEU, ${name}`] = Number(bleu.toFixed(4));
    counts[`chrF, ${name}`] = Number(chrf.toFixed(4));
  }
  await writeFileDurably(join(io.out, 'scores.tsv'), `after\tbleu\tchrf\n${rows.join('\n')}\n`);
  return counts;
}

/** The last round's tables and both models are what translates; the rest was the way there. */
async function keepLast(io: Io): Promise<void> {
  const { rounds, longest, phrases, decoder } = io.config;
  const last = join(io.out, roundFolder(rounds));
  for (const way of ['forward', 'backward'] as const) {
    await copyFile(join(last, tableFile(way)), join(io.out, tableFile(way)));
    const lm = way === 'forward' ? 'target.bin' : 'source.bin';
    await copyFile(join(io.out, lmFolder, lm), join(io.out, lm));
  }
  const record = translatorRecord.parse({ version: 1, longest: Math.max(longest, phrases.length), decoder });
  await writeFileDurably(join(io.out, translatorFile), `${JSON.stringify(record, null, 2)}\n`);
  for (const folder of [lmFolder, ...Array.from({ length: rounds + 1 }, (_, round) => roundFolder(round))])
    await rm(join(io.out, folder), { recursive: true, force: true });
}
