// node dist/bench/align-main.js MODEL MBOSHI RUN [language]: aligns the test utterances of a run over Mboshi, and
// compares with the corpus's own timed phones, which are a forced alignment with other phones (a silver standard).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withoutTone } from '../recipes/mboshi/prepare.js';
import { align } from '../src/align/align.js';
import { loadModel } from '../src/transcribe/model.js';
import { BoundaryCounts, evenly, partners, type TimedSymbol, type UtterancePair } from './align.js';

const [model, corpus, run, language = 'sw'] = process.argv.slice(2);
if (model === undefined || corpus === undefined || run === undefined)
  throw new Error('give a model, the corpus and the run');
const table = (text: string): string[][] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
const listed = table(await readFile(join(run, 'corpus', 'audio.tsv'), 'utf8'));
const test = new Set(listed.filter((fields) => fields[3] === 'test').map(([id]) => id));
const [head = [], ...rows] = table(await readFile(join(corpus, 'utterances.tsv'), 'utf8'));
const field = (row: readonly string[], name: string): string => row[head.indexOf(name)] ?? '';

const pairs: UtterancePair[] = [];
let skipped = 0;
let seconds = 0;
const begun = performance.now();
await using loaded = await loadModel(model);
for (const row of rows) {
  if (!test.has(field(row, 'utt_id'))) continue;
  const reference = field(row, 'align_limsi')
    .split(' ')
    .map((piece) => piece.split(':'))
    .filter(([phone]) => phone !== 'SIL')
    .map(([symbol = '', start, end]): TimedSymbol => ({ symbol, start: Number(start), end: Number(end) }));
  try {
    const path = join(corpus, 'audio', `${field(row, 'utt_id')}.opus`);
    const aligned = await align(loaded, path, withoutTone(field(row, 'transcript')), { language });
    seconds += aligned.seconds;
    pairs.push({ found: aligned.phones.map(({ phone, ...times }) => ({ symbol: phone, ...times })), reference });
  } catch (error) {
    skipped++;
    process.stderr.write(`${(error as Error).message}\n`);
  }
}
const aligned = new BoundaryCounts();
const even = new BoundaryCounts();
const matched = partners(pairs);
pairs.forEach((pair, i) => {
  const spread = evenly(pair);
  for (const [f, r] of matched[i]!) {
    aligned.add(pair.found[f]!.start - pair.reference[r]!.start);
    even.add(spread[f]!.start - pair.reference[r]!.start);
  }
});
const took = (performance.now() - begun) / 1000;
const references = pairs.reduce((sum, { reference }) => sum + reference.length, 0);
process.stdout.write(
  [
    `beginnings of phones: ${String(aligned)}`,
    `spread evenly: ${String(even)}`,
    `${references} phones of the reference; ${pairs.length} utterances, ${skipped} left out`,
    `${seconds.toFixed(0)} s of sound in ${took.toFixed(0)} s`,
    '',
  ].join('\n'),
);
