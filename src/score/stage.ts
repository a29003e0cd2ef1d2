// The score stage: recognised phones and references in; phone error rate, trivial guesses and alignments out.
// The only stage that may open references; a run without them ends with nothing scored.
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AsrError } from '../core/errors.js';
import { JsonlWriter } from '../core/jsonl.js';
import { defineStage, type StageIo } from '../core/stage.js';
import { hypothesisFolder } from '../selftrain/output.js';
import { readPhoneSet, readTextStats, textPath } from '../text/folder.js';
import { phoneGroupsOf, wordsOf } from '../text/normalise.js';
import { silenceSymbol } from '../text/phone-text.js';
import { createPronouncer } from '../text/pronounce.js';
import { readTextConfig } from '../text/stage.js';
import { TextWriter } from '../core/text-writer.js';
import { alignmentText } from './alignment-text.js';
import { corpusTranscripts, fairseqTranscripts } from '../transcripts/corpora.js';
import { scoreConfig, type ScoreConfig } from './config.js';
import { align } from './edit-distance.js';
import { withGroups } from './group-items.js';
import { errorsByGroup } from './groups.js';
import { RecognisedCorpus, type Scorable } from './hypotheses.js';
import { KnownWordErrors, textWords } from './known-words.js';
import { logReport } from './log-report.js';
import { readTranscripts } from '../transcripts/references.js';
import type { ReferenceTranscript } from '../transcripts/transcript.js';
import { scoredReferences, type ScoreReport } from './report.js';
import { compare, countErrors, errorRate, ErrorTable, type ErrorCounts } from './score.js';
import { scorePasses } from './pass-scores.js';
import { scoreRuns, scoreSomeRuns } from './run-scores.js';
import { scoredTokens, someOf } from './score-files.js';
import { constantPhoneGuess, mostFrequentPhone, RandomSentences, randomText } from './trivial.js';

interface Scored extends Scorable {
  readonly id: string;
  /** One random sentence of the text for every utterance. */
  readonly guesses: readonly number[];
}

/** Phones of a drawn sentence by its number, and of the constant guess for so many samples of speech. */
interface Guesses {
  readonly sentence: (number: number) => string[];
  readonly constant: (samples: number) => string[];
  /** Of so many phones, which a guess cannot know. */
  readonly textAtLength: (length: number) => string[];
  readonly constantAtLength: (length: number) => string[];
}

export const scoreStage = defineStage({
  name: 'score',
  version: 8,
  reads: ['decode', 'selftrain', 'text', 'vad', 'audio', 'learn', 'segments', 'clusters', 'features'],
  config: scoreConfig,
  external: (config, data) =>
    [config.references, config.people ?? ''].filter((path) => path !== '').map((path) => resolve(data, path)),
  async run(io) {
    const { text, ...given } = io.inputs;
    const folders = { ...given, hypotheses: hypothesisFolder(given) };
    if (io.config.references === '') {
      io.log.info('no references are given (score.references): nothing to score');
      await writeFile(join(io.out, 'score.json'), `${JSON.stringify({ per: null })}\n`);
      return { utterances: 0 };
    }
    const corpus = await RecognisedCorpus.load(folders);
    const phoneSet = await readPhoneSet(text);
    const stats = await readTextStats(text, 'sentences', 'phonesPerSentence');
    const draws = new RandomSentences(io.rng.fork('random sentence'), stats.sentences);
    const scored = await matchReferences(io, corpus, text, draws);
    const sentence = await draws.read(textPath(text, 'sentences'), phoneSet.silence);
    const frequent = mostFrequentPhone(phoneSet);
    const guesses: Guesses = {
      sentence,
      constant: constantPhoneGuess(phoneSet, stats.phonesPerSentence, corpus.totals),
      textAtLength: randomText(
        sentence,
        scored.flatMap((item) => item.guesses),
      ),
      constantAtLength: (length) => Array.from({ length }, () => frequent),
    };
    const known = await textWords(text);
    const utterances: { id: string; speaker: string; counts: ErrorCounts }[] = [];
    const compared = await compareAll(io, scored, { corpus, guesses, silence: phoneSet.silence, known, utterances });
    const choice = await scoreRuns(io, folders, measuredItems(scored));
    const passes = await scorePasses(io, folders, scored, phoneSet.silence);
    const report: ScoreReport = {
      ...compared,
      groups: errorsByGroup(await withGroups(io, utterances), io.rng.fork('groups'), `${io.seed}/score/groups`),
      ...(choice ? { choice } : {}),
      ...(passes.length > 0 ? { passes } : {}),
    };
    await writeFile(join(io.out, 'score.json'), `${JSON.stringify(report, null, 1)}\n`);
    logReport(report, io.log);
    return {
      utterances: report.utterances,
      per: report.per,
      ...(report.words ? { wer: report.words.wer } : {}),
      ...(report.characters ? { cer: report.characters.cer } : {}),
      errors: report.errors,
      phones: report.length,
    };
  },
  piece: scoreSomeRuns,
});

/** The transcripts that the configuration names: of one file, or of a corpus. @throws AsrError 'input' */
export function referencesOf(config: ScoreConfig, path: string): AsyncGenerator<ReferenceTranscript> {
  if (config.layout === 'fairseq') return fairseqTranscripts(path, { unit: config.unit });
  return config.layout === 'file'
    ? readTranscripts(path, {
        format: config.format === 'auto' ? undefined : config.format,
        tokens: config.unit,
      })
    : corpusTranscripts(config.layout, path, { unit: config.unit });
}

/** Which references have sound; writes their phones to references.jsonl and names those that cannot be scored. */
async function matchReferences(
  io: StageIo<ScoreConfig>,
  corpus: RecognisedCorpus,
  text: string,
  draws: RandomSentences,
): Promise<Scored[]> {
  const path = resolve(io.data, io.config.references);
  const textConfig = await readTextConfig(text);
  const byPhones = io.config.unit === 'phones';
  const phonesOf = byPhones
    ? (sentence: string): string[] => phoneGroupsOf(sentence, silenceSymbol).flat()
    : await createPronouncer(textConfig, io.data);
  const scored: Scored[] = [];
  const seen = new Set<string>();
  await using references = await JsonlWriter.create(join(io.out, 'references.jsonl'));
  for await (const { id, text: sentence } of referencesOf(io.config, path)) {
    const found = corpus.find(id);
    // A corpus holds more than a recipe takes of it.
    if (!found && io.config.layout !== 'file') continue;
    const phones = found && !seen.has(id) ? phonesOf(sentence) : undefined;
    if (seen.has(id)) await io.skip(id, 'a second reference for the same id');
    else if (!found) await io.skip(id, 'a reference that no audio has');
    else if (!phones) await io.skip(id, 'the reference has a word without pronunciation');
    else {
      scored.push({ ...found, id, guesses: found.utterances.map(() => draws.draw()) });
      await references.write({ id, phones, ...(byPhones ? {} : { words: wordsOf(sentence, textConfig.language) }) });
    }
    seen.add(id);
  }
  await references.close();
  if (scored.length > 0) return scored;
  throw new AsrError(
    'input',
    `${path}: none of its ${seen.size} ids can be scored${seen.size > 0 ? `, for instance ${someOf([...seen])}` : ''}`,
    'Its ids must be those of the recordings; the warnings above say why for each.',
  );
}

const measuredSplit = (scored: readonly Scored[]): ScoreReport['split'] =>
  scored.some((item) => item.split === 'test') ? 'test' : 'all';

function measuredItems(scored: readonly Scored[]): Scored[] {
  return measuredSplit(scored) === 'all' ? [...scored] : scored.filter(({ split }) => split === 'test');
}

/** What references are compared with. */
interface Comparison {
  readonly corpus: RecognisedCorpus;
  readonly guesses: Guesses;
  readonly silence: string;
  /** Words of the text. */
  readonly known: ReadonlySet<string> | undefined;
  /** Filled: errors of each measured utterance. */
  readonly utterances: { id: string; speaker: string; counts: ErrorCounts }[];
}

/** Aligns every reference with what was recognised; alignments.txt holds those that the rate is measured on. */
async function compareAll(
  io: StageIo<ScoreConfig>,
  scored: readonly Scored[],
  { corpus, guesses, silence, known, utterances: one }: Comparison,
): Promise<ScoreReport> {
  const split = measuredSplit(scored);
  const bySplit = new ErrorTable();
  const bySpeaker = new ErrorTable();
  const measured = new ErrorTable();
  const knownWords = known && new KnownWordErrors(known);
  const allDeletions: { undecoded: string[]; unusable: string[] } = { undecoded: [], unusable: [] };
  await using alignments = await TextWriter.create(join(io.out, 'alignments.txt'));
  const items = scored[Symbol.iterator]();
  let utterances = 0;
  for await (const { id, phones, words } of scoredReferences(io.out)) {
    io.signal?.throwIfAborted();
    const item = items.next().value as Scored;
    const edits = align(phones, corpus.phones(item, silence));
    const counts = countErrors(edits);
    bySplit.add(item.split, counts);
    if (split === 'test' && item.split !== 'test') continue;
    utterances++;
    measured.add('recognised', counts);
    bySpeaker.add(item.speaker, counts);
    one.push({ id, speaker: item.speaker, counts });
    measured.add(
      'randomSentence',
      compare(
        phones,
        item.guesses.flatMap((number) => guesses.sentence(number)),
      ),
    );
    measured.add('constantPhone', compare(phones, guesses.constant(item.samples)));
    measured.add('textAtLength', compare(phones, guesses.textAtLength(phones.length)));
    measured.add('constantAtLength', compare(phones, guesses.constantAtLength(phones.length)));
    const said = words && corpus.words(item);
    if (said) {
      const wordEdits = align(words, said);
      measured.add('words', countErrors(wordEdits));
      knownWords?.add(wordEdits);
      measured.add('characters', compare(charactersOf(words), charactersOf(said)));
    }
    allDeletions.undecoded.push(...corpus.undecoded(item));
    if (item.utterances.length === 0) allDeletions.unusable.push(id);
    await alignments.write(`${alignmentText(id, edits)}\n`);
  }
  await alignments.close();
  const total = measured.get('recognised');
  return {
    per: errorRate(total),
    split,
    ...total,
    utterances,
    trivial: {
      randomSentence: errorRate(measured.get('randomSentence')),
      constantPhone: errorRate(measured.get('constantPhone')),
      atLength: {
        randomText: errorRate(measured.get('textAtLength')),
        constantPhone: errorRate(measured.get('constantAtLength')),
      },
    },
    bySplit: bySplit.toJSON(),
    bySpeaker: bySpeaker.toJSON(),
    unit: io.config.unit,
    allDeletions,
    ...(measured.has('words')
      ? { words: { wer: errorRate(measured.get('words')), ...measured.get('words'), ...knownWords?.toJSON() } }
      : {}),
    ...(measured.has('characters')
      ? { characters: { cer: errorRate(measured.get('characters')), ...measured.get('characters') } }
      : {}),
  };
}

const charactersOf = (words: readonly string[]): string[] => scoredTokens(words.join(' '), 'char');
