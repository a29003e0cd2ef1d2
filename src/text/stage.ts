// The text stage: raw text in; phone sentences with silence, the phone set, the lexicon of the text and a phone
// n-gram LM out. The text is read as a stream, once for its vocabulary and once to be written.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AsrError } from '../core/errors.js';
import { readLines } from '../core/jsonl.js';
import type { Log } from '../core/log.js';
import { phoneSetSchema, type PhoneSet } from '../core/records.js';
import { defineStage } from '../core/stage.js';
import { arpaChunks } from '../lm/arpa.js';
import { textConfig, type TextConfig } from './config.js';
import { createSentencePronouncer } from './connected-speech.js';
import { NgramCounter } from '../lm/kneser-ney.js';
import { textPath } from './folder.js';
import { heldOutAccuracy, usualConfidence, type HeldOutAccuracy } from './learned.js';
import { lexiconLine } from './lexicon.js';
import { Perplexity } from '../lm/ngram.js';
import { createWordPronouncer, lexiconPath, wordList } from './pronounce.js';
import {
  connectedVocabulary,
  keepRare,
  pronounceVocabulary,
  silenceSymbol,
  type SpokenVocabulary,
} from './phone-text.js';
import { PhoneSentenceWriter, type WrittenText } from './sentence-writer.js';
import { refuseOtherForms } from './form.js';
import { countTokens, textLines } from './sources.js';
import { TextWriter } from '../core/text-writer.js';
import { writeWordModel } from './word-model.js';

/** One sentence in so many is kept out of the LM that measures how predictable unseen text is. */
export const heldOutEvery = 10;

export const textStage = defineStage({
  name: 'text',
  version: 6,
  reads: [],
  config: textConfig,
  external: (config, data) => [
    resolve(data, config.file),
    ...(config.unit === 'words' && ['lexicon', 'learned'].includes(config.pronunciation)
      ? [lexiconPath(config, data)]
      : []),
  ],
  async run({ config, data, out, rng, log, signal }) {
    const path = resolve(data, config.file);
    if (!existsSync(path))
      throw new AsrError('input', `${path}: no such text`, 'Check text.file; its path is relative to the data folder.');
    if (config.unit === 'words') await refuseOtherForms(path);
    const choice = rng.fork('sample');
    const pronounce = await createWordPronouncer(config, data);
    const learned = await measureLearned(config, data, log);
    const counts = await countTokens(path, config, choice);
    signal?.throwIfAborted();
    const inSentence = await createSentencePronouncer(config);
    const vocabulary = inSentence
      ? await connectedVocabulary(
          textLines(path, config, choice),
          pronounceVocabulary(counts, pronounce, keepRare(config)),
          inSentence,
          config,
        )
      : pronounceVocabulary(counts, pronounce, config);
    checkScript(counts, vocabulary, config, path);
    await using writer = await PhoneSentenceWriter.create(
      { phones: textPath(out, 'sentences'), words: textPath(out, 'words') },
      { vocabulary, inSentence },
      config,
      rng.fork('silence'),
    );
    for await (const line of textLines(path, config, choice)) await writer.add(line);
    const written = await writer.close();
    if (written.sentences === 0) {
      throw new AsrError(
        'input',
        `${path}: no sentence is left: ${describe(written.dropped)}`,
        'Check text.language, lower text.minPhoneShare and text.minPhoneCount, ' +
          'complete the lexicon, or set text.missing=dropWord.',
      );
    }
    if (written.hanging.length > 0)
      log.warn(`eSpeak NG does not come back from ${linesNamed(written.hanging)}: left out`);
    warnOfLoss(written, log);
    await writeFile(textPath(out, 'phones'), `${JSON.stringify(phoneSet(written.phoneCounts), null, 1)}\n`);
    await writeLexicon(textPath(out, 'lexicon'), vocabulary, written.lexicon);
    signal?.throwIfAborted();
    const heldOutPerplexity = await writeModel(textPath(out, 'sentences'), textPath(out, 'phoneLm'), config.lm.order);
    if (config.unit === 'words') await writeWordModel(textPath(out, 'words'), textPath(out, 'wordLm'), config, log);
    const dropped = Object.values(written.dropped).reduce((sum, count) => sum + count, 0);
    const stats = {
      sentences: written.sentences,
      phones: written.phones,
      phonesPerSentence: written.phones / written.sentences,
      words: written.words,
      distinctWords: vocabulary.phones.size,
      silences: written.silences,
      droppedSentences: dropped,
      dropped: written.dropped,
      hanging: written.hanging.slice(0, 100),
      foreignWords: vocabulary.foreign.length,
      rarePhones: Object.fromEntries(vocabulary.rarePhones),
      heldOutPerplexity,
      ...(learned ? { learned } : {}),
    };
    await writeFile(textPath(out, 'stats'), `${JSON.stringify(stats, null, 1)}\n`);
    return {
      sentences: written.sentences,
      phones: written.phones,
      'distinct phones': written.phoneCounts.size,
      'dropped sentences': dropped,
    };
  },
});

/** How good guesses are, for words of the list that were kept back. */
async function measureLearned(config: TextConfig, data: string, log: Log): Promise<HeldOutAccuracy | undefined> {
  if (config.unit !== 'words' || config.pronunciation !== 'learned') return undefined;
  const found = heldOutAccuracy(await wordList(config, data), config.confidence ?? usualConfidence);
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  if (found)
    log.info(
      `pronunciations learned from the list: of ${found.words} words that were kept back ${percent(found.right)}` +
        ` came out right; ${percent(found.sure)} were sure enough (text.confidence), ` +
        `${percent(found.rightWhenSure)} of them right`,
    );
  return found;
}

/** @throws AsrError 'input' when too much of the text is in another script than the language */
function checkScript(
  counts: ReadonlyMap<string, number>,
  vocabulary: SpokenVocabulary,
  config: TextConfig,
  path: string,
): void {
  let words = 0;
  let other = 0;
  let example = '';
  for (const [word, count] of counts) {
    words += count;
    if (vocabulary.missing.get(word) !== 'otherScript') continue;
    other += count;
    example ||= word;
  }
  if (other === 0 || other / words <= config.maxOtherScript) return;
  throw new AsrError(
    'input',
    `${path}: ${other} of ${words} words (such as "${example}") are in another script than the language "` +
      `${config.language}"`,
    'Check text.file and text.language; text.maxOtherScript sets the share that is allowed.',
  );
}

/** `line 3`, `lines 3, 5 and 7 more`. */
export function linesNamed(numbers: readonly number[]): string {
  const first = numbers.slice(0, 5).join(', ');
  return (
    `line${numbers.length === 1 ? '' : 's'} ${first}` + (numbers.length > 5 ? ` and ${numbers.length - 5} more` : '')
  );
}

function warnOfLoss(
  { sentences, dropped }: { sentences: number; dropped: Readonly<Record<string, number>> },
  log: Log,
): void {
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  if (lost === 0) return;
  const message = `dropped ${lost} of ${sentences + lost} sentences: ${describe(dropped)}`;
  if (lost > sentences) log.warn(message);
  else log.info(message);
}

const describe = (dropped: Readonly<Record<string, number>>): string =>
  Object.entries(dropped)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ');

/** Most frequent first, silence last. */
function phoneSet(counts: ReadonlyMap<string, number>): PhoneSet {
  const silences = counts.get(silenceSymbol) ?? 0;
  const phones = [...counts]
    .filter(([phone]) => phone !== silenceSymbol)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([phone, count]) => ({ phone, count }));
  return phoneSetSchema.parse({
    phones: [...phones, { phone: silenceSymbol, count: silences }],
    silence: silenceSymbol,
  });
}

/**
 * Each word as it was spoken in the sentences, the most frequent way first; one that is in
 * none of them as it is spoken alone.
 */
async function writeLexicon(path: string, vocabulary: SpokenVocabulary, spoken: WrittenText['lexicon']): Promise<void> {
  await using writer = await TextWriter.create(path);
  for (const [word, alone] of [...vocabulary.phones].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const ways = [...(spoken.get(word) ?? [])].sort(([, n], [, m]) => m - n).map(([phones]) => phones.split(' '));
    if (ways.length === 0 && !alone.some((phone) => vocabulary.rarePhones.has(phone))) ways.push([...alone]);
    for (const way of ways) await writer.write(lexiconLine(word, way));
  }
  await writer.close();
}

/** Estimates and writes the LM; returns the perplexity of every tenth sentence under a model of the others. */
async function writeModel(sentences: string, arpa: string, order: number): Promise<number | null> {
  const all = new NgramCounter(order);
  const most = new NgramCounter(order);
  let number = 0;
  for await (const line of readLines(sentences)) {
    const phones = withoutSilence(line);
    all.add(phones);
    if (number++ % heldOutEvery !== 0) most.add(phones);
  }
  await using writer = await TextWriter.create(arpa);
  for (const chunk of arpaChunks(all.estimate())) await writer.write(chunk);
  await writer.close();
  if (most.sentences === 0) return null;
  const heldOut = new Perplexity(most.estimate());
  number = 0;
  for await (const line of readLines(sentences)) if (number++ % heldOutEvery === 0) heldOut.add(withoutSilence(line));
  return heldOut.value;
}

/** A line of sentences.txt to its phones. */
export function withoutSilence(line: string): string[] {
  return line.split(' ').filter((symbol) => symbol !== '' && symbol !== silenceSymbol);
}

/** The configuration a finished text folder was made with, for stages that must speak the same phones. */
export async function readTextConfig(folder: string): Promise<TextConfig> {
  const record = JSON.parse(await readFile(join(folder, 'stage.json'), 'utf8')) as { config: unknown };
  return textConfig.parse(record.config);
}
