// The test utterances of a run over Mboshi, with what was said in them and the corpus's own timed phones, which are a
// forced alignment with other phones (a silver standard).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withoutTone } from '../recipes/mboshi/prepare.js';
import type { TimedSymbol } from './align.js';

export interface TimedUtterance {
  /** Of its sound. */
  readonly path: string;
  /** Without marks of tone. */
  readonly text: string;
  readonly reference: readonly TimedSymbol[];
}

/** @param corpus holds `utterances.tsv` and `audio`. @param run says which utterances are for tests */
export async function timedTest(corpus: string, run: string): Promise<TimedUtterance[]> {
  const listed = table(await readFile(join(run, 'corpus', 'audio.tsv'), 'utf8'));
  const test = new Set(listed.filter((fields) => fields[3] === 'test').map(([id]) => id));
  const [head = [], ...rows] = table(await readFile(join(corpus, 'utterances.tsv'), 'utf8'));
  const field = (row: readonly string[], name: string): string => row[head.indexOf(name)] ?? '';
  return rows
    .filter((row) => test.has(field(row, 'utt_id')))
    .map((row) => ({
      path: join(corpus, 'audio', `${field(row, 'utt_id')}.opus`),
      text: withoutTone(field(row, 'transcript')),
      reference: timed(field(row, 'align_limsi')),
    }));
}

const table = (text: string): string[][] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));

/** `phone:start:end` in seconds, parted by blanks. */
const timed = (cell: string): TimedSymbol[] =>
  cell
    .split(' ')
    .map((piece) => piece.split(':'))
    .filter(([phone]) => phone !== 'SIL')
    .map(([symbol = '', start, end]) => ({ symbol, start: Number(start), end: Number(end) }));
