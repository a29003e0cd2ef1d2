// The unpaired text as a stream of token groups, line by line, with the lines that are unfit named by reason.
import { AsrError } from '../core/errors.js';
import { notUtf8, readLines } from '../core/lines.js';
import type { Rng } from '../core/rng.js';
import type { TextConfig } from './config.js';
import type { SpokenLine } from './phone-text.js';
import { tokensOf } from './pronounce.js';

/** Why a line is left out before any word of it is looked at. */
export type LineProblem = 'blank' | 'marked' | 'notUtf8' | 'noWords';

export type TextLine = SpokenLine | { readonly number?: number; readonly problem: LineProblem };

/**
 * All lines of the text, or a random choice of `maxSentences` of them; the same lines in every pass.
 * @param rng a stream used for this choice alone
 */
export async function* textLines(path: string, config: TextConfig, rng: Rng): AsyncGenerator<TextLine> {
  if (config.maxSentences === 0) {
    for await (const { text, number } of numbered(path, config)) yield parseLine(text, config, number);
    return;
  }
  // Selection sampling (Knuth, TAOCP 2, algorithm 3.4.2 S) keeps order and needs no memory, but the number of lines.
  let left = 0;
  for await (const { text } of numbered(path, config)) if (text.trim() !== '') left++;
  const draws = rng.fork('choice');
  let wanted = config.maxSentences;
  for await (const { text, number } of numbered(path, config)) {
    if (text.trim() === '') continue;
    if (draws.uniform() * left-- < wanted) {
      wanted--;
      yield parseLine(text, config, number);
    }
  }
}

/** Lines, or the sentences in them, with the number of the line. */
async function* numbered(path: string, config: TextConfig): AsyncGenerator<{ text: string; number: number }> {
  const parts =
    config.lines === 'paragraphs' && config.unit === 'words' ? sentenceSplitter(config.language) : undefined;
  let number = 0;
  for await (const line of readLines(path)) {
    number++;
    if (!parts) yield { text: line, number };
    else for (const text of parts(line)) yield { text, number };
  }
}

/** @param language a voice; one whose rules the runtime does not know is parted as any other is */
export function sentenceSplitter(language: string): (paragraph: string) => string[] {
  const tag = language.split(/[+_]/)[0] ?? '';
  const known = (() => {
    try {
      return Intl.Segmenter.supportedLocalesOf([tag]);
    } catch {
      return []; // no language tag at all
    }
  })();
  const segmenter = new Intl.Segmenter(known, { granularity: 'sentence' });
  return (paragraph) =>
    [...segmenter.segment(paragraph)].map(({ segment }) => segment.trim()).filter((text) => text !== '');
}

/** Lines with `---` are markup in common text collections (wav2vec-U drops them too). */
export function parseLine(line: string, config: TextConfig, number = 1): TextLine {
  if (line.trim() === '') return { number, problem: 'blank' };
  if (line.includes('---')) return { number, problem: 'marked' };
  if (notUtf8(line) || line.includes('\0')) return { number, problem: 'notUtf8' };
  const tokens = tokensOf(line, config);
  return tokens.length === 0 ? { number, problem: 'noWords' } : { number, text: line, tokens };
}

/** How often each token stands in the text. @throws AsrError 'input' when there is none */
export async function countTokens(path: string, config: TextConfig, rng: Rng): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  let lines = 0;
  const problems = new Map<LineProblem, number>();
  for await (const line of textLines(path, config, rng)) {
    lines++;
    if ('problem' in line) problems.set(line.problem, (problems.get(line.problem) ?? 0) + 1);
    else for (const token of line.tokens.flat()) counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  if (counts.size > 0) return counts;
  const found =
    lines === 0
      ? 'the file is empty'
      : [...problems].map(([problem, count]) => `${count} lines ${explain[problem]}`).join(', ');
  throw new AsrError(
    'input',
    `${path}: no words in the text: ${found}`,
    'Give a UTF-8 text with one sentence a line (text.file).',
  );
}

const explain: Record<LineProblem, string> = {
  blank: 'are blank',
  marked: 'hold ---',
  notUtf8: 'are not UTF-8',
  noWords: 'hold no letter',
};
