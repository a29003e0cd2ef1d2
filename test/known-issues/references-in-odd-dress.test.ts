// References that gave a wrong rate without a word: points of Praat for nothing said, bare characters, numbers and
// entities of XML taken as they stand, places of subtitles and control characters as words; models of nothing.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromArpa } from '../../src/lm/arpa.js';
import { scoredTokens, scoreFiles } from '../../src/score/score-files.js';
import { temporaryFolder } from '../temporary-folder.js';

/** The text of a file as reference, by the rate of what is right. */
async function rateOf(name: string, content: string, said: string): Promise<number> {
  const folder = await temporaryFolder();
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  const hypotheses = join(folder, 'hyp.txt');
  await writeFile(hypotheses, `rec ${said}\n`);
  const reference = name.includes('/') ? dirname(path) : path;
  return (await scoreFiles(reference, hypotheses, 'word')).rate;
}

const textGrid = (tiers: string, count = 1): string =>
  `File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n2\n<exists>\n${count}\n${tiers}`;
const intervals = '"IntervalTier"\n"words"\n0\n2\n2\n0\n.5\n"so"\n.5\n2.\n"there"\n';
const points = '"TextTier"\n"words"\n0\n2\n2\n0.5\n"so"\n1\n"there"\n';

const eaf = (tier: string, head = ''): string =>
  `<?xml version="1.0"?>${head}<ANNOTATION_DOCUMENT><TIME_ORDER>
  <TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="0"/></TIME_ORDER>
  ${tier}</ANNOTATION_DOCUMENT>`;
const tier = (value: string, blank = ' '): string =>
  `<TIER${blank}TIER_ID="words"><ANNOTATION><ALIGNABLE_ANNOTATION${blank}ANNOTATION_ID="1" TIME_SLOT_REF1="a">` +
  `<ANNOTATION_VALUE>${value}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>`;

describe('is read as it is meant', () => {
  it.each([
    ['times without a nought', 'g/rec.TextGrid', textGrid(intervals), 'so there'],
    ['bare characters', 'e/rec.eaf', eaf(tier('<![CDATA[so & <on>]]> there')), 'so & <on> there'],
    ['characters by number', 'e/rec.eaf', eaf(tier('s&#111; th&#x65;re')), 'so there'],
    ['tags over two lines', 'e/rec.eaf', eaf(tier('so there', '\n   ')), 'so there'],
    ['what is commented out', 'e/rec.eaf', eaf(`<!-- ${tier('old')} -->${tier('so there')}`), 'so there'],
    ['places of subtitles', 's/rec.srt', '1\n00:00:00,000 --> 00:00:01,000\n{\\an8}it&#39;s there\n', "it's there"],
    ['control characters', 'ref.txt', 'rec s\0o\x01 there\n', 'so there'],
    ['blanks of no width', 'ref.txt', 'rec so\u200Bthere\u200D\n', 'so there'],
  ])('%s', async (_, name, content, said) => {
    expect(await rateOf(name, content, said)).toBe(0);
  });

  it('joiners inside a word stay', () => {
    expect(scoredTokens('\u0645\u06CC\u200C\u0631\u0648\u0645 \u200Dso\u200C', 'word')).toEqual([
      '\u0645\u06CC\u200C\u0631\u0648\u0645',
      'so',
    ]);
  });
});

describe('is refused by name', () => {
  it.each([
    ['a tier of points alone', 'g/rec.TextGrid', textGrid(points), /rec\.TextGrid: no tier of intervals/u],
    ['an EAF without tiers', 'e/rec.eaf', eaf(''), /rec\.eaf: no tier of intervals/u],
    ['entities of its own', 'e/rec.eaf', eaf(tier('&who; there')), /"&who;" is no character of XML/u],
    ['segments that end before they begin', 'ref.stm', 'rec 1 a 2.0 1.0 so there\n', /line 1: expected/u],
    ['tokens of less than no length', 'ref.ctm', 'rec 1 2.0 -1.0 so\n', /line 1: expected/u],
    ['a start that is no time', 'ref.tsv', 'file\tstart\ttext\nrec.wav\tsoon\tso there\n', /start: expected seconds/u],
  ])('%s', async (_, name, content, message) => {
    await expect(rateOf(name, content, 'so there')).rejects.toThrow(message);
  });

  const arpa = (unigrams: string, count: number): string =>
    `\\data\\\nngram 1=${count}\nngram 2=1\n\n\\1-grams:\n` +
    `${unigrams}\n\\2-grams:\n${count > 0 ? '-1 a </s>\n' : ''}\\end\\\n`;
  it('a language model whose weights pass 1, or that knows nothing', () => {
    const words = (weight: string): string => `-1 <unk>\n-99 <s> 0\n-1 </s>\n-1 a ${weight}\n`;
    expect(fromArpa(arpa(words('0.3'), 4)).order).toBe(2);
    expect(() => fromArpa(arpa(words('99'), 4))).toThrow(/line 9: backoff weight 99 is above 10/u);
    expect(() => fromArpa('\\data\\\nngram 1=0\n\n\\1-grams:\n\\end\\\n')).toThrow('no 1-gram');
  });
});
