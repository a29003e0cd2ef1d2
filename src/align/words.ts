// The text of a recording as words with their phones: from the lexicon of the user, the words that the model knows,
// what it learned of spelling, and eSpeak NG where a language is named.
import type { ModelRecord } from '../bundle/model-record.js';
import { AsrError } from '../core/errors.js';
import { shown } from '../core/shown.js';
import type { WordList } from '../decode/lexicon-file.js';
import { lettersOf } from '../lm/joint-alignment.js';
import { createReader } from '../lm/joint-model.js';
import type { NgramModel } from '../lm/ngram.js';
import { textConfig } from '../text/config.js';
import { readLexicon } from '../text/lexicon.js';
import { phoneGroupsOf, wordsOf } from '../text/normalise.js';
import { createWordPronouncer } from '../text/pronounce.js';

export interface SpokenWord {
  readonly text: string;
  /** Line of the text, from 0: an utterance. */
  readonly line: number;
  /** Ways to say it: columns of the model's phones. */
  readonly variants: readonly (readonly number[])[];
}

export interface PronunciationSources {
  /** Columns of the model by phone. */
  readonly columns: ReadonlyMap<string, number>;
  readonly silence: string;
  readonly words?: WordList | undefined;
  readonly spelling?: NgramModel | undefined;
  /** Files and settings of the user. */
  readonly lexicon?: string | undefined;
  readonly language?: string | undefined;
  /** The text is phones, separated by spaces, with | between words; without any each phone stands alone. */
  readonly phonetic?: boolean | undefined;
  /** How the model's own text was read. */
  readonly text?: ModelRecord['text'];
}

/** More ways to say a word than any has make the search slow and no better. */
const mostVariants = 8;

/** @throws AsrError 'input' where the text has no word, or words that nobody can pronounce */
export async function wordsOfText(text: string, sources: PronunciationSources): Promise<SpokenWord[]> {
  const { columns } = sources;
  const phonetic = sources.phonetic ?? sources.text?.unit === 'phones';
  // A name that is no code of a language means nothing to rules of languages, and does no harm.
  const language = sources.language ?? (sources.text?.language === '' ? undefined : sources.text?.language);
  const pronounce = phonetic ? undefined : await wordWays(sources);
  const words: SpokenWord[] = [];
  const silent: string[] = [];
  const alone = phonetic && !text.includes('|');
  const foreign = new Set<string>();
  text.split('\n').forEach((content, line) => {
    const tokens = phonetic
      ? phoneGroupsOf(content, sources.silence)
          .flatMap((phones) => (alone ? phones.map((phone) => [phone]) : [phones]))
          .map((phones) => [phones.join(''), [phones]] as const)
      : wordsOf(content, language).map((word) => [word, pronounce?.(word) ?? []] as const);
    for (const [word, ways] of tokens) {
      for (const phone of ways.flat()) if (!columns.has(phone)) foreign.add(phone);
      const variants = ways
        .filter((phones) => phones.length > 0 && phones.every((phone) => columns.has(phone)))
        .map((phones) => phones.map((phone) => columns.get(phone)!));
      if (variants.length === 0) silent.push(word);
      else words.push({ text: word, line, variants: variants.slice(0, mostVariants) });
    }
  });
  if (silent.length > 0) throw unspoken(silent, foreign, columns);
  if (words.length === 0)
    throw new AsrError('input', 'the text has no word', 'Give a text file with what is said, one utterance a line.');
  return words;
}

function unspoken(
  words: readonly string[],
  foreign: ReadonlySet<string>,
  columns: ReadonlyMap<string, number>,
): AsrError {
  const unique = [...new Set(words)];
  const some = unique.slice(0, 8).map((word) => shown(word, 40));
  const phones = foreign.size === 0 ? '' : ` (the model has no ${[...foreign].slice(0, 8).join(' ')})`;
  return new AsrError(
    'input',
    `${unique.length} words of the text have no pronunciation${phones}: ${some.join(', ')}` +
      (unique.length > 8 ? ' …' : ''),
    `Add --lexicon FILE with lines "word<TAB>p h o n e s" of the model's phones (` +
      `${[...columns.keys()].slice(0, 6).join(' ')} …), or --language CODE for eSpeak NG.`,
  );
}

type Ways = (word: string) => readonly (readonly string[])[];

/** The ways to say a word; the first source that knows it has the say. */
export async function wordWays({
  columns,
  words,
  spelling,
  lexicon,
  language,
  text,
}: PronunciationSources): Promise<Ways> {
  const sources: Ways[] = [];
  if (lexicon !== undefined) {
    const own = await readLexicon(lexicon, language);
    sources.push((word) => {
      const phones = own.get(word);
      return phones ? [phones] : [];
    });
  }
  if (words) {
    const known = pronunciationsOf(words, columns);
    sources.push((word) => known.get(word) ?? []);
  }
  const speak = await speakerOf(language, text);
  if (speak)
    sources.push((word) => {
      const spoken = speak(word);
      return 'missing' in spoken ? [] : [spoken.phones];
    });
  if (spelling) {
    const reader = createReader(spelling);
    sources.push((word) => {
      const spoken = reader.read(lettersOf(word));
      return spoken ? [spoken.text.split(' ')] : [];
    });
  }
  const found = new Map<string, readonly (readonly string[])[]>();
  return (word) => {
    let ways = found.get(word);
    if (!ways) {
      ways = [];
      for (const source of sources) {
        ways = source(word);
        if (ways.length > 0) break;
      }
      found.set(word, ways);
    }
    return ways;
  };
}

/**
 * By eSpeak NG where a language is named, else by rules that the model's text was read by: eSpeak NG's or its
 * letters.
 */
async function speakerOf(
  language: string | undefined,
  text: ModelRecord['text'],
): Promise<Awaited<ReturnType<typeof createWordPronouncer>> | undefined> {
  if (language !== undefined)
    return createWordPronouncer(textConfig.parse({ ...text, pronunciation: 'espeak', language }), '.');
  if (text?.unit !== 'words' || (text.pronunciation !== 'espeak' && text.pronunciation !== 'letters')) return undefined;
  // Where eSpeak NG is not installed, what the model knows has to do.
  return createWordPronouncer(textConfig.parse(text), '.').catch(() => undefined);
}

/** All words of a list with their phones: the tree read from its root. */
function pronunciationsOf(list: WordList, columns: ReadonlyMap<string, number>): Map<string, string[][]> {
  const { tree } = list;
  const names = new Map([...columns].map(([phone, column]) => [column, phone]));
  const known = new Map<string, string[][]>();
  const open: { node: number; phones: readonly string[] }[] = [{ node: 0, phones: [] }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, phones } = next;
    for (let entry = tree.firstEntry[node]!; entry >= 0; entry = tree.nextEntry[entry]!) {
      const word = list.word(tree.entryWord[entry]!);
      known.set(word, [...(known.get(word) ?? []), [...phones]]);
    }
    for (let child = tree.firstChild[node]!; child > 0; child = tree.nextSibling[child]!)
      open.push({ node: child, phones: [...phones, names.get(tree.column[child]!) ?? ''] });
  }
  return known;
}
