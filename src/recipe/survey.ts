// What `asr new` sees before it writes: how long recordings are beside the sentences of the text, whether names repeat,
// and what language and script text and word list are in. Each finding is a line for a person; some change the recipe.
import { basename } from 'node:path';
import { audioConfig, type AudioConfig } from '../audio/config.js';
import type { DetectedLayout } from '../audio/detect.js';
import { readLines } from '../core/lines.js';
import { Rng } from '../core/rng.js';
import { readLexicon } from '../text/lexicon.js';
import { wordsOf } from '../text/normalise.js';
import { sentenceSplitter } from '../text/sources.js';
import { vadConfig } from '../vad/config.js';
import { usualRate } from './check/fit.js';
import { tellLanguage } from './check/language.js';
import { listCorpus, measureSample } from './check/sample.js';

export interface Survey {
  /** For people, one line each. */
  readonly findings: readonly string[];
  /** `path` where files in several folders share a name. */
  readonly ids: AudioConfig['ids'] | undefined;
  /** `text.lines`, where lines hold several sentences. */
  readonly lines: 'paragraphs' | undefined;
  /** `vad.maxSeconds`, where recordings are much longer than sentences. */
  readonly maxSeconds: { readonly value: number; readonly because: string } | undefined;
  /** `segments.phoneRate`, where sentences are so short (a list of words) that they tell nothing of the rate. */
  readonly phoneRate: number | undefined;
}

export interface SurveyWish {
  readonly audio: string;
  readonly layout: DetectedLayout;
  readonly speakers: AudioConfig['speakers'] | undefined;
  readonly text: string;
  readonly language: string;
  readonly lexicon: string | undefined;
}

const sampled = 12;
const budgetMs = 8000;
/** Lines of text that are looked at. */
const mostLines = 5000;
/** Letters that are said in a second of read speech, blanks not counted; languages lie between 10 and 16. */
const lettersPerSecond = 13;
/** Recordings this many times as long as a sentence are cut; shorter ones hold a few, which learning bears. */
const tooLong = 3;
const shortest = 4;
const longest = 30;

export async function surveyFolder(wish: SurveyWish): Promise<Survey> {
  const { layout, audio, speakers } = wish;
  const rng = Rng.fromSeed(1).fork('new');
  const listed = async (ids: AudioConfig['ids']): Promise<Awaited<ReturnType<typeof listCorpus>> | undefined> => {
    const config = audioConfig.parse({
      layout: layout.layout,
      dir: layout.dir,
      ...(layout.table ? { table: layout.table.path, columns: layout.table.columns } : {}),
      ids,
      ...(speakers ? { speakers } : {}),
    });
    return listCorpus(config, audio, sampled, rng.fork(ids)).catch(() => undefined);
  };
  const byStem = await listed('stem');
  const repeats = byStem?.reasons.some((reason) => reason.includes('duplicate id')) === true;
  const listing = repeats && layout.layout === 'folder' ? await listed('path') : byStem;
  const findings: string[] = [];
  const text = await measureText(wish.text, wish.language);
  let maxSeconds: Survey['maxSeconds'];
  let phoneRate: Survey['phoneRate'];
  if (listing) {
    const { recordings } = await measureSample(listing.drawn, vadConfig.parse({}), rng.fork('order'), budgetMs);
    const lengths = recordings.map(({ seconds }) => seconds).sort((a, b) => a - b);
    const median = lengths[lengths.length >> 1];
    const count = listing.train + listing.test;
    const people = `${listing.speakers} speaker${listing.speakers === 1 ? '' : 's'}`;
    const usual = median === undefined ? '' : `, ${shownSeconds(median)} each as a rule`;
    findings.push(`${count} recordings (${kindOf(layout)}), ${people}${usual}`);
    if (median !== undefined && text.seconds > 0 && median > tooLong * text.seconds && median > shortest) {
      const value = Math.min(longest, Math.max(shortest, Math.round(1.5 * text.seconds)));
      const because = `recordings of ${shownSeconds(median)}, sentences of about ${shownSeconds(text.seconds)}`;
      maxSeconds = { value, because };
      findings.push(`${because}: sound is cut at pauses, vad.maxSeconds: ${value}`);
    }
    if (text.seconds > 0 && (maxSeconds?.value ?? median ?? 0) > tooLong * text.seconds) {
      phoneRate = (usualRate[0] + usualRate[1]) / 2;
      findings.push(`lines of the text are far shorter than what is said at a time: segments.phoneRate: ${phoneRate}`);
    }
  }
  if (repeats && layout.layout === 'folder')
    findings.push('files in several folders share a name: audio.ids: path keeps them apart');
  if (text.paragraphs)
    findings.push('lines of the text hold several sentences each: text.lines: paragraphs parts them');
  findings.push(`${text.lines}${text.whole ? '' : ' and more'} lines of text, ${text.words.toFixed(0)} words each`);
  findings.push(...(await languageOf(wish)), ...(await scriptOf(wish)));
  return {
    findings,
    ids: repeats && layout.layout === 'folder' ? 'path' : undefined,
    lines: text.paragraphs ? 'paragraphs' : undefined,
    maxSeconds,
    phoneRate,
  };
}

/** A table with what its columns were taken for. */
function kindOf({ layout, table }: DetectedLayout): string {
  if (!table) return layout;
  const columns = Object.entries(table.columns).map(([what, name]) => (what === name ? name : `${what}: ${name}`));
  return `table ${table.path} with ${columns.join(', ')}`;
}

const shownSeconds = (seconds: number): string =>
  seconds >= 90 ? `${(seconds / 60).toFixed(0)} min` : `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;

interface TextMeasure {
  readonly lines: number;
  readonly whole: boolean;
  readonly words: number;
  readonly paragraphs: boolean;
  /** How long a mean sentence takes to be read, about. */
  readonly seconds: number;
}

async function measureText(path: string, language: string): Promise<TextMeasure> {
  const parts = sentenceSplitter(language);
  let lines = 0;
  let words = 0;
  let letters = 0;
  let whole = true;
  let sentences = 0;
  for await (const line of readLines(path)) {
    if (lines === mostLines) {
      whole = false;
      break;
    }
    const found = wordsOf(line);
    if (found.length === 0) continue;
    lines++;
    sentences += parts(line).length;
    words += found.length;
    letters += found.reduce((sum, word) => sum + [...word].length, 0);
  }
  const each = Math.max(1, lines);
  const paragraphs = sentences >= 2 * each;
  const spoken = paragraphs ? sentences : each;
  return { lines, whole, words: words / each, paragraphs, seconds: letters / spoken / lettersPerSecond };
}

async function languageOf({ text, language }: SurveyWish): Promise<string[]> {
  const told = await tellLanguage(text, language);
  return told === undefined ? [] : [`the text ${told.shown}`];
}

async function scriptOf({ lexicon, text }: SurveyWish): Promise<string[]> {
  if (lexicon === undefined) return [];
  const entries = await readLexicon(lexicon);
  let known = 0;
  let all = 0;
  for await (const line of readLines(text)) {
    for (const word of wordsOf(line)) {
      all++;
      if (entries.has(word)) known++;
    }
    if (all > 20 * mostLines) break;
  }
  const [first = ''] = entries.keys();
  const script = scriptName(first);
  const ofText = scriptName(await firstWord(text));
  return [
    `${entries.size} words in ${basename(lexicon)}, ${((100 * known) / Math.max(1, all)).toFixed(
      0,
    )} % of the text's are among them${
      script === ofText ? '' : `; the list is written in ${script} letters, the text in ${ofText} ones`
    }`,
  ];
}

async function firstWord(path: string): Promise<string> {
  for await (const line of readLines(path)) {
    const [word] = wordsOf(line);
    if (word !== undefined) return word;
  }
  return '';
}

const scripts = [
  'Latin',
  'Cyrillic',
  'Greek',
  'Arabic',
  'Hebrew',
  'Devanagari',
  'Bengali',
  'Ethiopic',
  'Thai',
  'Han',
  'Hangul',
];
const scriptName = (word: string): string =>
  scripts.find((script) => new RegExp(`\\p{Script=${script}}`, 'u').test(word)) ?? 'other';
