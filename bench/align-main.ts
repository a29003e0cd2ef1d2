// node dist/bench/align-main.js MODEL MBOSHI RUN [language]: aligns the test utterances of a run over Mboshi, and compares with the
// corpus's own timed phones, which are a forced alignment with other phones (a silver standard).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withoutTone } from '../recipes/mboshi/prepare.js';
import { align } from '../src/align/align.js';
import { loadModel } from '../src/transcribe/model.js';
import { BoundaryCounts, boundariesOf, evenly, inOrder, toNearest, type Stretch } from './align.js';

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
const counts = {
  'same number of phones, in order': new BoundaryCounts(),
  'the same, spread evenly': new BoundaryCounts(),
  'all, nearest': new BoundaryCounts(),
  'all, spread evenly, nearest': new BoundaryCounts(),
};
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
    .map(([, start, end]): Stretch => ({ start: Number(start), end: Number(end) }));
  const text = withoutTone(field(row, 'transcript'));
  try {
    const path = join(corpus, 'audio', `${field(row, 'utt_id')}.opus`);
    const aligned = await align(loaded, path, text, { language });
    const found = boundariesOf(aligned.phones);
    const wanted = boundariesOf(reference);
    seconds += aligned.seconds;
    counts['all, nearest'].add(toNearest(found, wanted));
    counts['all, spread evenly, nearest'].add(toNearest(evenly(wanted, found.length), wanted));
    if (found.length !== wanted.length) continue;
    counts['same number of phones, in order'].add(inOrder(found, wanted));
    counts['the same, spread evenly'].add(inOrder(evenly(wanted, wanted.length), wanted));
  } catch (error) {
    skipped++;
    process.stderr.write(`${(error as Error).message}\n`);
  }
}
for (const [name, count] of Object.entries(counts)) process.stdout.write(`${name}: ${String(count)}\n`);
const took = (performance.now() - begun) / 1000;
process.stdout.write(`${skipped} left out; ${seconds.toFixed(0)} s of sound in ${took.toFixed(0)} s\n`);
