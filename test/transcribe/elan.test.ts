// ELAN's format: the rules of EAF 3.0 that its schema states, checked on the text itself.
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatTranscript } from '../../src/transcribe/formats/table.js';
import { joinUtterances, type Transcript } from '../../src/transcribe/transcript.js';

const talk = joinUtterances(
  'talks/my & talk.wav',
  [
    {
      start: 0.4996,
      end: 0.75,
      phones: [
        { phone: 'o', start: 0.5, end: 0.6 },
        { phone: 'l', start: 0.6, end: 0.7504 },
      ],
      words: [{ word: '<ol> & "b"\u0000', start: 0.5, end: 0.75 }],
    },
    {
      start: 2,
      end: 3,
      phones: [{ phone: 'a', start: 2.25, end: 2.25 }],
      words: [{ word: 'a', start: 2.25, end: 2.25 }],
    },
  ],
  4,
);

interface Annotation {
  readonly tier: string;
  readonly id: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function read(xml: string): { annotations: Annotation[]; slots: Map<string, number>; parents: Map<string, string> } {
  const slots = new Map(
    [...xml.matchAll(/<TIME_SLOT TIME_SLOT_ID="(\w+)" TIME_VALUE="(\d+)"\/>/g)].map(([, id, at]) => [id!, Number(at)]),
  );
  const parents = new Map<string, string>();
  const annotations = [...xml.matchAll(/<TIER ([^>]*?)(\/>|>([^]*?)<\/TIER>)/g)].flatMap(([, head, , body]) => {
    const tier = /TIER_ID="(\w+)"/.exec(head!)![1]!;
    const parent = /PARENT_REF="(\w+)"/.exec(head!)?.[1];
    if (parent !== undefined) parents.set(tier, parent);
    const found = (body ?? '').matchAll(
      /ANNOTATION_ID="(\w+)" TIME_SLOT_REF1="(\w+)" TIME_SLOT_REF2="(\w+)">\s*<ANNOTATION_VALUE>([^<]*)</g,
    );
    return [...found].map(([, id, from, to, text]) => ({
      tier,
      id: id!,
      start: slots.get(from!)!,
      end: slots.get(to!)!,
      text: text!,
    }));
  });
  return { annotations, slots, parents };
}

const spans = (transcript: Transcript): unknown[] =>
  read(formatTranscript(transcript, 'eaf')).annotations.map(({ tier, start, end, text }) => [tier, start, end, text]);

describe('eaf', () => {
  it('has tiers of utterances, words and phones, each inside its utterance', () => {
    const xml = formatTranscript(talk, 'eaf');
    expect(xml.startsWith('<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT ')).toBe(true);
    expect(spans(talk)).toEqual([
      ['utterances', 500, 750, '&lt;ol&gt; &amp; &quot;b&quot;\\x00'],
      ['utterances', 2000, 3000, 'a'],
      ['words', 500, 750, '&lt;ol&gt; &amp; &quot;b&quot;\\x00'],
      ['words', 2250, 2251, 'a'],
      ['phones', 500, 600, 'o'],
      ['phones', 600, 750, 'l'],
      ['phones', 2250, 2251, 'a'],
    ]);
    const { parents, annotations, slots } = read(xml);
    expect([...parents]).toEqual([
      ['words', 'utterances'],
      ['phones', 'utterances'],
    ]);
    expect(new Set(annotations.map(({ id }) => id)).size).toBe(7);
    expect(new Set(slots.values()).size).toBe(slots.size); // a time stands once, however many share it
    expect(xml).toContain(`MEDIA_URL="${pathToFileURL(resolve('talks/my & talk.wav')).href.replace('&', '&amp;')}"`);
    expect(xml).toContain('MIME_TYPE="audio/x-wav"');
  });

  it('takes transcripts without words, without utterances, without a file, without speech', () => {
    const { schema, file, seconds, phones } = talk;
    const old = { schema, file, seconds, phones };
    expect(spans(old)).toEqual([
      ['phones', 500, 600, 'o'],
      ['phones', 600, 750, 'l'],
      ['phones', 2250, 2251, 'a'],
    ]);
    const silent = formatTranscript(joinUtterances('-', [], 3), 'eaf');
    expect(read(silent).annotations).toEqual([]);
    expect(silent).not.toContain('MEDIA_DESCRIPTOR');
    expect(silent).toContain('TIER_ID="phones"/>');
  });

  it('keeps annotations of a tier apart where rounding brings them together', () => {
    const phones = [0, 1, 2, 3].map((i) => ({ phone: `p${i}`, start: 1 + i * 0.0003, end: 1 + (i + 1) * 0.0003 }));
    const found = spans({ schema: 1, file: 'x', seconds: 2, phones });
    expect(found).toEqual([
      ['phones', 1000, 1001, 'p0'],
      ['phones', 1001, 1002, 'p1'],
      ['phones', 1002, 1003, 'p2'],
      ['phones', 1003, 1004, 'p3'],
    ]);
  });
});
