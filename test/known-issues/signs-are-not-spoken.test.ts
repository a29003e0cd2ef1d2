// eSpeak NG reads emoji, asterisks and markup by name; the text then held phones of words that nobody wrote.
import { expect, it } from 'vitest';
import { textConfig } from '../../src/text/config.js';
import { createSentencePronouncer } from '../../src/text/connected-speech.js';
import { speakable, wordsOf } from '../../src/text/normalise.js';
import { createWordPronouncer } from '../../src/text/pronounce.js';

const signs = [
  '😀',
  '❤️',
  '👍🏽',
  '👩‍👩‍👧',
  '🇪🇸',
  '1️⃣'.slice(1),
  '*',
  '~',
  '**',
  '#',
  '%',
  '$',
  '€',
  '@',
  '+',
  '=',
  '_',
  '^',
  '|',
  '\\',
  '/',
];
const markup = ['<b>', '[[', ']]', '{', '}', '&', '°', '§', '©', '™', '•', '→', '`', '…/'];

it('a line is spoken as its words alone', async () => {
  const speak = (await createSentencePronouncer(textConfig.parse({ language: 'en-us' })))!;
  const plain = speak('the cat sleeps');
  for (const sign of [...signs, ...markup.filter((text) => text !== '<b>')]) {
    expect([sign, speak(`the cat ${sign} sleeps`)]).toEqual([sign, plain]);
    expect([sign, wordsOf(`the cat ${sign} sleeps`)]).toEqual([sign, ['the', 'cat', 'sleeps']]);
  }
});

it('what eSpeak gets has the words of the line, and its punctuation', () => {
  expect(speakable('Hola, ¿qué tal? «Bien», dijo.')).toBe('Hola, ¿qué tal? «Bien», dijo.');
  for (const line of [
    'a/b c\\d',
    'http://x.org/a?b=c',
    '1.5 m, 3:20',
    '-5 °C',
    'e-mail – or',
    "rock 'n' roll",
    'l’eau 2️⃣',
  ])
    expect([line, wordsOf(speakable(line))]).toEqual([line, wordsOf(line)]);
  expect(speakable('x.org 1.5 -5 a_b')).toBe('x org 1 5  5 a b');
});

it('letters in other dress are read as letters, not by their numbers', () => {
  for (const [line, words] of [
    ['𝓫𝓸𝓵𝓭 𝐁𝟙 ｆｕｌｌ　ｗｉｄｔｈ', ['bold', 'b1', 'full', 'width']],
    ['ﬁne o\uFB03ce chapter Ⅻ xᵃᵇ', ['fine', 'office', 'chapter', 'xii', 'xab']],
    ['ｶﾞｲﾄﾞ ﻣﺮﺣﺒﺎ', ['ガイド', 'مرحبا']],
    // Signs stay signs, and numbers and ordinals that eSpeak reads stay as they are.
    ['1ª 2º x² ½ ™ ℃', ['1ª', '2º', 'x²', '½']],
  ] as const) {
    expect(wordsOf(line)).toEqual(words);
    expect(wordsOf(speakable(line))).toEqual(words);
  }
});

it('a letter that the voice would read by name leaves its sentence out, by reason', async () => {
  const english = await createWordPronouncer(textConfig.parse({ language: 'en-us' }), '.');
  expect(english('paʔa')).toEqual({ missing: 'unknownLetter' });
  for (const word of ['naïve', 'ŋaŋ', 'straße', 'ærø', "don't"])
    expect([word, english(word)]).toEqual([word, expect.objectContaining({ foreign: false })]);
  const german = await createWordPronouncer(textConfig.parse({ language: 'de' }), '.');
  expect(german('hawaiʻi')).toEqual({ missing: 'unknownLetter' });
  expect(german('größe')).toMatchObject({ foreign: false });
});
