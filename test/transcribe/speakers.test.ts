// Turns laid over a transcript: utterances are parted between words, and every format knows who speaks.
import { describe, expect, it } from 'vitest';
import { transcriptSchema, type Transcript } from '../../src/transcribe/transcript.js';
import { formatTranscript } from '../../src/transcribe/formats/table.js';
import type { Turn } from '../../src/speakers/turns.js';
import { withSpeakers } from '../../src/transcribe/speakers.js';

const word = (text: string, start: number, end: number) => ({ word: text, start, end });
const transcript: Transcript = {
  schema: 1,
  file: '-',
  seconds: 10,
  text: 'hola que tal bien adios',
  utterances: [
    { start: 0.1, end: 4, text: 'hola que tal bien' },
    { start: 6, end: 8, text: 'adios' },
  ],
  phones: [
    { phone: 'o', start: 0.2, end: 0.9 },
    { phone: 'k', start: 1, end: 1.4 },
    { phone: 'b', start: 3, end: 3.9 },
    { phone: 'a', start: 6, end: 7.9 },
  ],
  words: [
    word('hola', 0.2, 0.9),
    word('que', 1, 1.4),
    word('tal', 1.4, 1.9),
    word('bien', 3, 3.9),
    word('adios', 6, 7.9),
  ],
};
const turns = [
  { start: 0, end: 2.4 * 16_000, speaker: 0 },
  { start: 2.4 * 16_000, end: 4 * 16_000, speaker: 1 },
  { start: 6 * 16_000, end: 8 * 16_000, speaker: 0 },
] as Turn[];

describe('withSpeakers', () => {
  const found = withSpeakers(transcript, turns);

  it('parts an utterance in which two people speak', () => {
    expect(found.speakers).toEqual(['S1', 'S2']);
    expect(found.utterances).toEqual([
      { start: 0.1, end: 1.9, text: 'hola que tal', speaker: 'S1' },
      { start: 3, end: 4, text: 'bien', speaker: 'S2' },
      { start: 6, end: 8, text: 'adios', speaker: 'S1' },
    ]);
    expect(found.words).toEqual(transcript.words);
    expect(transcriptSchema.parse(found)).toEqual(found);
  });

  it('gives tiers to each of them in ELAN and Praat', () => {
    const eaf = formatTranscript(found, 'eaf');
    for (const tier of ['utterances@S1', 'words@S1', 'phones@S1', 'utterances@S2', 'words@S2', 'phones@S2'])
      expect(eaf).toMatch(new RegExp(`PARTICIPANT="${tier.slice(-2)}" TIER_ID="${tier}"`, 'u'));
    expect(eaf).toContain('PARENT_REF="utterances@S2"');
    const grid = formatTranscript(found, 'textgrid');
    expect(grid).toContain('size = 6\n');
    expect(grid).toContain('name = "words@S2"');
  });

  it('leaves everything as it is where nobody asked', () => {
    expect(formatTranscript(transcript, 'eaf')).not.toContain('PARTICIPANT');
    expect(formatTranscript(transcript, 'textgrid')).toContain('name = "words"');
    const silent = withSpeakers({ ...transcript, utterances: [], phones: [], words: [] }, []);
    expect(silent.speakers).toEqual([]);
  });
});
