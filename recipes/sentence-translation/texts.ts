// The texts that a user names, as sentences of tokens: plain lines, or what a run or `asr transcribe --json` heard.
import { existsSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { spokenUtterances } from '../../src/classify/transcribed.js';
import { AsrError } from '../../src/core/errors.js';
import { readLines } from '../../src/core/lines.js';
import type { StageIo } from '../../src/core/stage.js';
import { readSentences, tokensOf } from '../../src/translation/tokens.js';

export interface Texts {
  readonly source: readonly (readonly string[])[];
  readonly target: readonly (readonly string[])[];
  /** A line each, so that it stays beside its reference; empty where there is none. */
  readonly test: readonly (readonly string[])[];
  /** Opens the test's reference, which nothing may see before all is learnt. */
  readonly reference: () => Promise<readonly string[]>;
}

type Paths = Record<'source' | 'target' | 'test' | 'reference', string>;

/** Fewer sentences give vectors that say nothing. */
const fewest = 100;

/** @throws AsrError 'input' where a text is missing, too small, or both are one text */
export async function readTexts(paths: Paths, skip: StageIo<unknown>['skip']): Promise<Texts> {
  const read = (path: string): Promise<string[][]> => {
    const heard = heardBy(path);
    return heard === undefined ? readSentences(path, skip, fewest) : readHeard(heard);
  };
  if (existsSync(paths.target) && samePlace(paths.source, paths.target)) throw oneText(paths, 'it is one file');
  const [source, target] = [await read(paths.source), await read(paths.target)];
  const known = new Set(target.map((tokens) => tokens.join(' ')));
  const both = source.filter((tokens) => known.has(tokens.join(' '))).length;
  if (2 * both > source.length) throw oneText(paths, `${both} of ${source.length} sentences stand in both`);
  const test = paths.test === '' ? [] : (await linesOf(paths.test)).map(tokensOf);
  return {
    source,
    target,
    test,
    reference: async () => {
      const lines = paths.reference === '' ? [] : await linesOf(paths.reference);
      if (lines.length > 0 && lines.length !== test.length)
        throw new AsrError(
          'input',
          `${paths.reference}: ${lines.length} lines, ${paths.test} has ${test.length}`,
          'Line by line, one must be the translation of the other.',
        );
      return lines;
    },
  };
}

const samePlace = (a: string, b: string): boolean => {
  if (!existsSync(a)) return false;
  const [x, y] = [statSync(a), statSync(b)];
  return x.ino === y.ino && x.dev === y.dev;
};

const oneText = ({ source, target }: Paths, how: string): AsrError =>
  new AsrError(
    'input',
    `${source} and ${target}: the same text twice, ${how}`,
    'corpus.source and corpus.target are texts in two languages.',
  );

async function linesOf(path: string): Promise<string[]> {
  if (!existsSync(path)) throw new AsrError('input', `${path}: no such file`, 'Paths are relative to --data.');
  const lines: string[] = [];
  for await (const line of readLines(path)) lines.push(line);
  return lines;
}

/** The file of what was recognised: of a run the last that there is; nothing for a plain text. */
function heardBy(path: string): string | undefined {
  if (['.json', '.jsonl'].includes(extname(path).toLowerCase())) return path;
  if (!existsSync(path) || !statSync(path).isDirectory()) return undefined;
  const found = ['selftrain', 'decode', '.'].map((folder) => join(path, folder, 'hypotheses.jsonl')).find(existsSync);
  if (found === undefined)
    throw new AsrError('input', `${path}: a folder without hypotheses.jsonl`, 'Give a text, or the folder of a run.');
  return found;
}

async function readHeard(path: string): Promise<string[][]> {
  const sentences: string[][] = [];
  for await (const { text } of spokenUtterances(path)) {
    const tokens = tokensOf(text);
    if (tokens.length > 0) sentences.push(tokens);
  }
  if (sentences.length < fewest)
    throw new AsrError(
      'input',
      `${path}: ${sentences.length} utterances with words, expected ${fewest} or more`,
      'Translation learns from some ten thousand sentences; transcribe more sound.',
    );
  return sentences;
}
