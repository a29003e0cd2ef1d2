// Probabilities of a dictionary became phones, a CSV and IPA without blanks made one phone of each word, and words with
// typographic apostrophes or Turkish capitals were never found.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { segmentIpa } from '../../src/text/ipa.js';
import { readLexicon } from '../../src/text/lexicon.js';
import { wordsOf } from '../../src/text/normalise.js';
import { temporaryFolder } from '../temporary-folder.js';

async function read(name: string, lines: readonly string[], language = 'en'): Promise<Record<string, string>> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, `${lines.join('\n')}\n`);
  return Object.fromEntries([...(await readLexicon(path, language))].map(([word, phones]) => [word, phones.join(' ')]));
}

const right = { house: 'h aʊ s', red: 'ɹ ɛ d', a: 'ə' };
const words = Object.entries(right);
const each = (line: (word: string, phones: string) => string): string[] =>
  words.map(([word, phones]) => line(word, phones));

it.each<[string, string, string[]]>([
  ['tabs', 'a.tsv', each((w, p) => `${w}\t${p}`)],
  ['a header', 'a.tsv', ['word\tphones', ...each((w, p) => `${w}\t${p}`)]],
  ['a header in another order, with a gloss', 'a.tsv', ['gloss\tIPA\tWord', ...each((w, p) => `x\t${p}\t${w}`)]],
  ['MFA by tabs', 'a.dict', each((w, p) => `${w}\t0.99\t0.14\t1.0\t1.0\t${p}`)],
  ['MFA, one probability', 'a.dict', each((w, p) => `${w}\t0.5\t${p}`)],
  ['MFA by blanks', 'a.dict', each((w, p) => `${w} 0.99 0.14 1.0 1.0 ${p}`)],
  ['probabilities on some lines', 'a.dict', each((w, p) => (w === 'red' ? `${w}\t${p}` : `${w}\t0.25\t${p}`))],
  ['Kaldi lexicon.txt', 'lexicon.txt', ['<UNK> SPN', '!SIL SIL', ...each((w, p) => `${w} ${p}`)]],
  ['Kaldi lexiconp.txt', 'lexiconp.txt', each((w, p) => `${w}\t1.0 ${p}`)],
  ['whole probabilities', 'lexiconp.txt', each((w, p) => `${w} 1 ${p}`)],
  ['CMUdict', 'cmu.dict', [';;; comment', ...each((w, p) => `${w.toUpperCase()}  ${p}`), 'RED(2)  ɹ e d']],
  ['CSV', 'a.csv', ['word,phones', ...each((w, p) => `${w},${p}`)]],
  ['CSV with quotes and a gloss', 'a.csv', ['id,headword,ipa,gloss', ...each((w, p) => `1,"${w}","${p}","x, y"`)]],
  ['CSV without a header', 'a.csv', each((w, p) => `${w},${p}`)],
  ['probabilities as powers of ten', 'a.dict', each((w, p) => `${w}\t${w === 'a' ? '1e-05' : '9.5e-01'}\t${p}`)],
  ['probabilities with a comma', 'a.dict', each((w, p) => `${w}\t0,25\t${p}`)],
  ['their logarithms', 'a.dict', each((w, p) => `${w} -0.69 ${p}`)],
  ['several pronunciations in a cell', 'a.tsv', each((w, p) => `${w}\t${p}, ${p} ə; x`)],
  ['slashes around phones', 'a.tsv', each((w, p) => `${w}\t/${p}/`)],
  ['brackets around phones', 'a.tsv', each((w, p) => `${w}\t[${p}]`)],
  ['what is printed (HTK, Julius)', 'a.dict', each((w, p) => `${w.toUpperCase()} [${w}] ${p}`)],
  ['the same with a probability', 'a.dict', each((w, p) => `${w} [${w}] 0.5 ${p}`)],
  ['IPA without blanks', 'a.tsv', [...each((w, p) => `${w}\tˈ${p.replaceAll(' ', '').replace('aʊ', 'a͡ʊ')}`)]],
])('%s', async (_, name, lines) => {
  const found = await read(name, lines);
  expect({ ...found, house: found['house']?.replace('a͡ʊ', 'aʊ') }).toEqual(right);
});

it('vowels of SAMPA that are digits stay phones', async () => {
  expect(await read('a.tsv', ['peu\tp 2', 'oeuf\t9 f', 'eux\t2'])).toEqual({ peu: 'p 2', oeuf: '9 f', eux: '2' });
});

it('words are normalised as those of a text', async () => {
  expect(await read('a.tsv', ['l’eau\tl o', 'AUJOURD’HUI\to ʒ', '“oui”\tw i'], 'fr')).toEqual({
    "l'eau": 'l o',
    "aujourd'hui": 'o ʒ',
    oui: 'w i',
  });
  const turkish = await read('a.tsv', ['IŞIK\tɯ ʃ', 'İYİ\ti j', 'I\u0307z\ti z'], 'tr');
  expect(Object.keys(turkish)).toEqual(wordsOf('ışık İYİ iz', 'tr'));
});

it.each<[string, string, string[], RegExp]>([
  ['a text', 'a.txt', Array.from({ length: 500 }, (_, i) => `the wort${i} of the story`), /this is a text/],
  ['columns without names', 'a.csv', ['a,b,c'], /line 1: 3 columns/],
  ['X-SAMPA without blanks', 'a.tsv', ['house\thaUs', 'thing\tTIN', 'little\t"l{t'], /line 1: .*no IPA/],
  ['a line without phones', 'a.tsv', ['red\tɹ ɛ d', 'blue\t0.5\t'], /line 2: no phones/],
])('%s is refused, by line', async (_, name, lines, message) => {
  await expect(read(name, lines)).rejects.toMatchObject({ code: 'input', message: expect.stringMatching(message) });
});

it('segments IPA: marks, ties, stress, syllables', () => {
  expect(segmentIpa('ˈt͡ʃɔ.kʰoː‿lã')).toEqual(['t͡ʃ', 'ɔ', 'kʰ', 'oː', 'l', 'ã']);
  expect(segmentIpa('haʊs')).toEqual(['h', 'a', 'ʊ', 's']);
  expect(segmentIpa('h@Us')).toBeUndefined();
});
