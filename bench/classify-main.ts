// node dist/bench/classify-main.js FOLDER [FORTUNES]: tables to try `asr classify` on, written into FOLDER.
// topics-*.tsv are made by template, with groups whose difference is known; with FORTUNES (/usr/share/games/fortunes
// of Debian's packages fortunes and fortunes-min) sayings by subject, as letters and as phones, parted in two.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rng } from '../src/core/rng.js';
import { textConfig } from '../src/text/config.js';
import { wordsOf } from '../src/text/normalise.js';
import { createPronouncer } from '../src/text/pronounce.js';
import { tableOf, topicRows } from './topics.js';

const subjects = [
  'computers',
  'food',
  'law',
  'literature',
  'love',
  'medicine',
  'politics',
  'science',
  'sports',
  'work',
];
const seed = 1;
const shortest = 5;
const longest = 40;

const [folder, fortunes] = process.argv.slice(2);
if (folder === undefined) throw new Error('give a folder to write into');
mkdirSync(folder, { recursive: true });
const rng = Rng.fromSeed(seed);
for (const [how, speakers] of [
  ['biased', 60],
  ['balanced', 60],
  ['unseen', 40],
] as const)
  writeFileSync(join(folder, `topics-${how}.tsv`), tableOf(topicRows(rng.fork(how), speakers, 30, how)));

if (fortunes !== undefined) {
  const pronounce = await createPronouncer(textConfig.parse({ pronunciation: 'espeak', language: 'en' }), '.');
  const rows = subjects
    .map((subject) => ({ subject, path: join(fortunes, subject) }))
    .filter(({ path }) => existsSync(path))
    .flatMap(({ subject, path }) =>
      readFileSync(path, 'utf8')
        .split('\n%\n')
        .map((saying) => ({ subject, words: wordsOf(saying.replace(/\n\s*--[^]*$/, '')) }))
        .filter(({ words }) => words.length >= shortest && words.length <= longest),
    )
    .flatMap(({ subject, words }) => {
      const phones = pronounce(words.join(' '));
      return phones ? [{ subject, letters: words.join(' '), phones: phones.join(' ') }] : [];
    });
  rng.fork('fortunes').shuffleInPlace(rows);
  const cut = Math.floor(rows.length * 0.7);
  for (const [part, own] of Object.entries({ train: rows.slice(0, cut), test: rows.slice(cut) }))
    for (const form of ['letters', 'phones'] as const)
      writeFileSync(
        join(folder, `sayings-${form}-${part}.tsv`),
        `label\ttext\n${own.map((row) => `${row.subject}\t${row[form]}\n`).join('')}`,
      );
  process.stdout.write(`${rows.length} sayings of ${new Set(rows.map(({ subject }) => subject)).size} subjects\n`);
}
