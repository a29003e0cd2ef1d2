// Subtitles, JSON, HTML, tables and lines with ids went through as text: their numbers, names and tags were pronounced
// as the language, and nothing said so. And signs that nobody sees (soft hyphens) cut words in two.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scoreFiles, scoredTokens } from '../../src/score/score-files.js';
import { createLog } from '../../src/core/log.js';
import { formOf, refuseForm, refuseOtherForms } from '../../src/text/form.js';
import { speakable, wordsOf } from '../../src/text/normalise.js';
import { temporaryFolder } from '../temporary-folder.js';

const sentences = [
  'the mill stands by the river',
  'in 1984 nobody had seen it turn',
  'twelve sacks of flour, two of bran, and a cat',
  'she said: leave the door open',
  'a mill (an old one) needs water',
  'they went home before it was dark',
];
const named = (lines: readonly string[]): string | undefined => formOf(lines)?.name;

describe('what a text is', () => {
  it('prose, verse, numbers in it, lines of dialogue and a single line pass', () => {
    expect(named(sentences)).toBeUndefined();
    expect(named(sentences.map((line) => `- ${line}`))).toBeUndefined();
    expect(named(['1984 was a year', '12 mills turned', '7 did not', '100 more', '3 of 4'])).toBeUndefined();
    expect(named(['mp3 is a format', 'mp3 players play', 'mp3 is old', 'x2 is more', 'mp3'])).toBeUndefined();
    expect(named(['id, text and so on', ...sentences])).toBeUndefined();
    expect(named(['<b>one</b> of them', ...sentences])).toBeUndefined();
    expect(named(['a\tb'])).toBeUndefined();
    expect(named(['one two\tthree', 'four', 'five\tsix\tseven', 'eight', 'nine\tten'])).toBeUndefined();
    expect(named(['[laughs] "yes": he said', ...sentences])).toBeUndefined();
  });

  it('records of other formats are named', () => {
    const each = (make: (line: string, i: number) => string): string | undefined => named(sentences.map(make));
    expect(named(sentences.flatMap((line, i) => [`${i}`, `00:00:0${i},000 --> 00:00:0${i},900`, line]))).toBe(
      'subtitles',
    );
    expect(named(['WEBVTT', ...sentences.flatMap((line, i) => [`00:0${i}.000 --> 00:0${i}.900`, line])])).toBe(
      'subtitles',
    );
    expect(each((text) => JSON.stringify({ audio_filepath: 'a.wav', duration: 1, text }))).toBe('JSON');
    expect(
      named(
        JSON.stringify(
          sentences.map((text) => ({ text })),
          null,
          1,
        )
          .split('\n')
          .map((l) => l.trim()),
      ),
    ).toBe('JSON');
    expect(named(['<!DOCTYPE html>', '<p>', ...sentences])).toBe('HTML');
    expect(named(['<?xml version="1.0"?>', '<s>a</s>'])).toBe('XML');
    expect(each((line) => `<u who="A">${line}</u>`)).toBe('lines of markup');
    expect(named(['%PDF-1.4', '1 0 obj'])).toBe('a PDF');
    expect(named(['{\\rtf1\\ansi', ...sentences])).toMatch(/RTF/);
    expect(each((line, i) => `${3 * i}\t${line}`)).toBe('a table of 2 columns');
    expect(each((line, i) => `LJ-${i}|${line}|${line}`)).toBe('a table of 3 columns');
    expect(named(['file_name,text', ...sentences.map((line, i) => `a${i}.wav,"${line}"`)])).toMatch(/file_name,text/);
    expect(each((line, i) => `spk-${100 + i} ${line}`)).toMatch(/begin with an id \("spk-100"\)/);
    expect(each((line, i) => `${i + 1}. ${line}`)).toBe('numbered lines');
    expect(each((line, i) => `${line} (spk-${100 + i})`)).toMatch(/trn/);
  });

  it('the message names the file and what makes a text of it', async () => {
    const file = join(await temporaryFolder(), 'metadata.csv');
    await writeFile(file, sentences.map((line, i) => `LJ-${i}|${line}`).join('\n'));
    await expect(refuseOtherForms(file)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(/metadata.csv: .*a table of 2 columns/),
      hint: expect.stringContaining('cut -d'),
    });
    const subtitles = '1\n00:00:01,000 --> 00:00:02,000\nthe mill\n\n2\n00:00:02,000 --> 00:00:03,000\nstands\n';
    expect(() => {
      refuseForm(subtitles.split('\n'), 'said.srt');
    }).toThrow(/said.srt: .* this is subtitles/);
  });
});

it('signs that nobody sees are no part of a word, in text, speech and score', () => {
  const seen = 'el perro ladra';
  const typed = '\u200Eel per\u00ADro\u200F la\u2060dra';
  expect(wordsOf(typed)).toEqual(wordsOf(seen));
  expect(speakable(typed)).toBe(seen);
  expect(scoredTokens(typed, 'word')).toEqual(scoredTokens(seen, 'word'));
  // A joiner that is written on purpose.
  expect(wordsOf('\u0646\u0645\u06CC\u200C\u062F\u0627\u0646\u0645')).toHaveLength(2);
});

it('errors that are capitals or punctuation alone are told', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'ref.txt'), 'u1 the cat sat\nu2 on the mat\n');
  await writeFile(join(folder, 'hyp.txt'), 'u1 The cat sat.\nu2 On the hat!\n');
  const said: string[] = [];
  const log = { ...createLog(), warn: (line: string) => said.push(line) };
  const score = await scoreFiles(join(folder, 'ref.txt'), join(folder, 'hyp.txt'), 'word', { log });
  expect(score.errors).toBe(4);
  expect(said).toEqual(['3 of 4 errors are capitals or punctuation, which count: without them 16.67 %']);
});
