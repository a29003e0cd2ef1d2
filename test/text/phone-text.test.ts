import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import type { SentencePronouncer } from '../../src/text/connected-speech.js';
import {
  connectedVocabulary,
  insertSilence,
  pronounceVocabulary,
  speakSentence,
  type SpokenLine,
} from '../../src/text/phone-text.js';
import type { WordPronouncer } from '../../src/text/pronunciation.js';

const letters: WordPronouncer = (word) =>
  word === 'mute' ? { missing: 'noPronunciation' } : { phones: [...word], foreign: word === 'zut' };
const rules = { unit: 'words', minWordCount: 1, minPhoneCount: 0, minPhoneShare: 0 } as const;

describe('pronounceVocabulary', () => {
  it('names why a word has no pronunciation', () => {
    const vocabulary = pronounceVocabulary(
      new Map([
        ['ab', 3],
        ['mute', 2],
        ['n12345', 9],
        ['ba', 1],
      ]),
      letters,
      { ...rules, minWordCount: 2 },
    );
    expect([...vocabulary.phones.keys()]).toEqual(['ab']);
    expect(Object.fromEntries(vocabulary.missing)).toEqual({
      mute: 'noPronunciation',
      n12345: 'longNumber',
      ba: 'rareWord',
    });
  });

  it('counts phones by how often they are spoken, and drops words with rare ones', () => {
    const vocabulary = pronounceVocabulary(
      new Map([
        ['ab', 5],
        ['bz', 2],
        ['az', 1],
        ['qa', 3],
      ]),
      letters,
      { ...rules, minPhoneCount: 4 },
    );
    expect(Object.fromEntries(vocabulary.rarePhones)).toEqual({ z: 3, q: 3 });
    expect([...vocabulary.phones.keys()]).toEqual(['ab']);
    expect(vocabulary.missing.get('qa')).toBe('rarePhone');
  });

  it('takes the larger of count and share as the limit', () => {
    const rare = (limits: object): string[] => [
      ...pronounceVocabulary(
        new Map([
          ['a', 90],
          ['b', 7],
          ['c', 3],
        ]),
        letters,
        { ...rules, ...limits },
      ).rarePhones.keys(),
    ];
    expect(rare({ minPhoneShare: 0.05 })).toEqual(['c']);
    expect(rare({ minPhoneShare: 0.05, minPhoneCount: 8 })).toEqual(['b', 'c']);
    expect(rare({ minPhoneShare: 0.1 })).toEqual(['b', 'c']);
    expect(rare({ minPhoneShare: 0.03 })).toEqual([]);
  });

  it('lists words read by another language', () => {
    expect(
      pronounceVocabulary(
        new Map([
          ['zut', 1],
          ['ab', 1],
        ]),
        letters,
        rules,
      ).foreign,
    ).toEqual(['zut']);
  });
});

describe('speakSentence', () => {
  const vocabulary = pronounceVocabulary(
    new Map([
      ['ab', 1],
      ['mute', 1],
    ]),
    letters,
    rules,
  );

  it('drops the sentence or only the word', () => {
    const line = { text: 'Ab, mute ab.', tokens: [['ab'], ['mute'], ['ab']] };
    expect(speakSentence(line, vocabulary, 'dropSentence')).toBe('noPronunciation');
    expect(speakSentence(line, vocabulary, 'dropWord')).toEqual({
      tokens: ['ab', 'ab'],
      phones: [
        ['a', 'b'],
        ['a', 'b'],
      ],
    });
  });

  // Speaks b as v after another word.
  const connected: SentencePronouncer = (line) =>
    line.split(' ').map((word, i) => [...(i === 0 ? word : word.replace('b', 'v'))]);

  it('speaks words as they sound beside each other, alone where nothing comes of it', () => {
    const line = (words: string[]): SpokenLine => ({ text: words.join(' '), tokens: words.map((word) => [word]) });
    expect(speakSentence(line(['ab', 'ab']), vocabulary, 'dropSentence', connected)).toMatchObject({
      phones: [
        ['a', 'b'],
        ['a', 'v'],
      ],
    });
    expect(speakSentence(line(['ab', 'ab']), vocabulary, 'dropSentence', () => undefined)).toMatchObject({
      phones: [
        ['a', 'b'],
        ['a', 'b'],
      ],
    });
  });

  it('shows a sentence as it is written only while no word of it is left out', () => {
    const seen: string[] = [];
    const spy: SentencePronouncer = (line) => {
      seen.push(line);
      return connected(line);
    };
    speakSentence({ text: 'Ab, ab.', tokens: [['ab'], ['ab']] }, vocabulary, 'dropWord', spy);
    speakSentence({ text: 'Ab, mute.', tokens: [['ab'], ['mute']] }, vocabulary, 'dropWord', spy);
    expect(seen).toEqual(['Ab, ab.', 'ab']);
  });

  it('finds and drops the phones that are rare among connected words', async () => {
    const lines = [...Array<string[]>(5).fill(['ab']), ['ab', 'ab']].map((words) => ({
      text: words.join(' '),
      tokens: words.map((word) => [word]),
    }));
    const stream = async function* (): AsyncGenerator<SpokenLine> {
      yield* lines;
    };
    const found = await connectedVocabulary(stream(), vocabulary, connected, {
      ...rules,
      missing: 'dropSentence',
      minPhoneCount: 2,
    });
    expect(Object.fromEntries(found.rarePhones)).toEqual({ v: 1 });
    expect(speakSentence(lines[5]!, found, 'dropSentence', connected)).toBe('rarePhone');
    expect(speakSentence(lines[5]!, found, 'dropWord', connected)).toEqual({ tokens: ['ab'], phones: [['a', 'b']] });
  });
});

describe('insertSilence', () => {
  it('surrounds, and draws once a boundary', () => {
    const draws = [0.1, 0.9];
    const line = insertSilence([['a'], ['b', 'c'], ['d']], () => draws.shift()!, {
      silenceProbability: 0.5,
      surround: true,
    });
    expect(line).toEqual(['<SIL>', 'a', '<SIL>', 'b', 'c', 'd', '<SIL>']);
    expect(draws).toEqual([]);
    expect(insertSilence([['a'], ['b']], () => 0.9, { silenceProbability: 0.5, surround: false })).toEqual(['a', 'b']);
  });

  it('has the share that was asked for', () => {
    const rng = Rng.fromSeed(1);
    const words = Array.from({ length: 20_001 }, () => ['a']);
    const silences = insertSilence(words, () => rng.uniform(), { silenceProbability: 0.3, surround: false }).filter(
      (symbol) => symbol === '<SIL>',
    ).length;
    expect(Math.abs(silences / 20_000 - 0.3)).toBeLessThan(0.015);
  });
});
