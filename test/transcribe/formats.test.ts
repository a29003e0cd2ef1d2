// Every format against a hand-written expectation, and the rules that its readers rely on.
import { describe, expect, it } from 'vitest';
import { cuesOf } from '../../src/transcribe/formats/subtitles.js';
import { formatNames, formatTranscript, recordingId } from '../../src/transcribe/formats/table.js';
import { tokensOf, transcriptSchema, transcriptVersion, type Transcript } from '../../src/transcribe/transcript.js';

const words: Transcript = {
  schema: transcriptVersion,
  file: 'talks/my talk.wav',
  seconds: 4,
  phones: [
    { phone: 'o', start: 0.5, end: 0.6 },
    { phone: 'l', start: 0.6, end: 0.75 },
    { phone: 'a', start: 2, end: 2.25, confidence: 0.5 },
  ],
  words: [
    { word: 'ol', start: 0.5, end: 0.75, confidence: 0.875 },
    { word: '<a&"b">', start: 2, end: 2.25 },
  ],
};
const phones: Transcript = {
  schema: transcriptVersion,
  file: words.file,
  seconds: words.seconds,
  phones: words.phones,
};
const silent: Transcript = { schema: transcriptVersion, file: 'x.wav', seconds: 1.5, phones: [] };

describe('formats', () => {
  it('write words where there are any, and phones otherwise', () => {
    expect(formatTranscript(words, 'text')).toBe('ol <a&"b">\n');
    expect(formatTranscript(phones, 'text')).toBe('o l a\n');
    expect(tokensOf({ ...words, words: [] })).toEqual([]);
  });

  it('json is the documented record, one line', () => {
    const text = formatTranscript(words, 'json');
    expect(text.trimEnd()).not.toContain('\n');
    expect(transcriptSchema.parse(JSON.parse(text))).toEqual(words);
    expect(() => transcriptSchema.parse({ ...words, schema: 2 })).toThrow();
  });

  it('ctm', () => {
    expect(formatTranscript(words, 'ctm')).toBe('my_talk 1 0.500 0.250 ol 0.8750\nmy_talk 1 2.000 0.250 <a&"b">\n');
    expect(recordingId('-')).toBe('stdin');
    expect(recordingId('a/tab\there\nnew.mp3')).toBe('tab_here_new');
  });

  it('tsv has a header and keeps names in one cell', () => {
    expect(formatTranscript({ ...words, file: 'a\tb\n' }, 'tsv')).toBe(
      'file\tstart\tend\ttext\tconfidence\na b \t0.500\t0.750\tol\t0.8750\na b \t2.000\t2.250\t<a&"b">\t\n',
    );
  });

  it('srt and vtt', () => {
    expect(formatTranscript(words, 'srt')).toBe(
      '1\n00:00:00,500 --> 00:00:00,750\nol\n\n2\n00:00:02,000 --> 00:00:02,250\n<a&"b">\n\n',
    );
    expect(formatTranscript(words, 'vtt')).toBe(
      'WEBVTT\n\n00:00:00.500 --> 00:00:00.750\nol\n\n00:00:02.000 --> 00:00:02.250\n&lt;a&amp;"b"&gt;\n\n',
    );
    const late = { ...silent, phones: [{ phone: 'a', start: 36_061.9996, end: 36_062.5 }] };
    expect(formatTranscript(late, 'srt')).toContain('10:01:02,000 --> 10:01:02,500');
  });

  it('textgrid covers the recording without holes or overlaps', () => {
    const text = formatTranscript(words, 'textgrid');
    const numbers = [...text.matchAll(/intervals \[\d+\]:\s+xmin = (\S+)\s+xmax = (\S+)\s+text = (.*)/g)].map(
      ([, from, to, label]) => [Number(from), Number(to), label],
    );
    expect(numbers).toEqual([
      [0, 0.5, '""'],
      [0.5, 0.75, '"ol"'],
      [0.75, 2, '""'],
      [2, 2.25, '"<a&""b"">"'],
      [2.25, 4, '""'],
      [0, 0.5, '""'],
      [0.5, 0.6, '"o"'],
      [0.6, 0.75, '"l"'],
      [0.75, 2, '""'],
      [2, 2.25, '"a"'],
      [2.25, 4, '""'],
    ]);
    expect(text).toMatch(/size = 2\nitem/);
    expect([...text.matchAll(/intervals: size = (\d+)/g)].map((match) => match[1])).toEqual(['5', '6']);
  });

  it.each(formatNames.filter((name) => name !== 'eaf'))('%s of a recording in which nobody speaks is valid', (name) => {
    const text = formatTranscript(silent, name);
    expect(text).toBe(
      {
        text: '\n',
        json: '{"schema":1,"file":"x.wav","seconds":1.5,"phones":[]}\n',
        srt: '',
        vtt: 'WEBVTT\n\n',
        ctm: '',
        tsv: 'file\tstart\tend\ttext\tconfidence\n',
        textgrid:
          'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 1.5\ntiers? <exists>\nsize = ' +
          '1\nitem []:\n    item [1]:\n        class = "IntervalTier"\n        name = "phones"\n        xmin = 0\n ' +
          '       xmax = 1.5\n        intervals: size = 1\n        intervals [1]:\n            xmin = 0\n          ' +
          '  xmax = 1.5\n            text = ""\n',
      }[name],
    );
  });
});

describe('cues', () => {
  const speech = Array.from({ length: 200 }, (_, i) => ({
    text: 'word',
    start: i * 0.3,
    end: i * 0.3 + 0.25,
    confidence: undefined,
  }));

  it('are short, readable, in order, and lose nothing', () => {
    const cues = cuesOf(speech);
    for (const [i, { start, end, text }] of cues.entries()) {
      expect(end - start).toBeLessThanOrEqual(7);
      expect(text.length).toBeLessThanOrEqual(84);
      expect(start).toBeGreaterThanOrEqual(cues[i - 1]?.end ?? 0);
    }
    expect(
      cues
        .map(({ text }) => text)
        .join(' ')
        .split(' ').length,
    ).toBe(200);
  });

  it('end where somebody pauses', () => {
    expect(cuesOf([speech[0]!, { ...speech[1]!, start: 1, end: 1.2 }]).length).toBe(2);
    expect(cuesOf([speech[0]!, { ...speech[1]!, start: 0.8, end: 1 }]).length).toBe(1);
  });

  it('break long ones into two lines', () => {
    const lines = formatTranscript(
      { ...silent, words: speech.slice(0, 12).map(({ text, start, end }) => ({ word: text, start, end })) },
      'srt',
    )
      .split('\n\n')[0]!
      .split('\n')
      .slice(2);
    expect(lines.length).toBe(2);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(42);
  });
});
