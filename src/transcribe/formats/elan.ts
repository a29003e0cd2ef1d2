// ELAN's annotation format, EAF 3.0
// (https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf): a transcript in, XML out. Words
// and phones are tiers below the utterances, included in their times; the recording is linked.
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { legibleLine } from '../../core/shown.js';
import type { Transcript } from '../transcript.js';
import { bySpeaker } from './by-speaker.js';

interface Span {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Tier {
  readonly id: string;
  /** Who speaks in it. */
  readonly participant: string;
  readonly parent?: string;
  readonly spans: readonly Span[];
}

/** What ELAN calls the media that it plays; it looks for a player by it. */
const mediaTypes: Readonly<Record<string, string>> = {
  '.wav': 'audio/x-wav',
  '.mp4': 'video/mp4',
  '.m4v': 'video/mp4',
  '.mpg': 'video/mpeg',
  '.mpeg': 'video/mpeg',
  '.mov': 'video/quicktime',
  '.mp3': 'audio/mpeg',
  '.m4a': 'audio/mp4',
};

export function eaf(transcript: Transcript): string {
  const tiers = bySpeaker(transcript).flatMap(({ speaker, suffix, part }) => tiersOf(part, speaker, suffix));
  const slots = slotsOf(tiers);
  const slotOf = new Map(slots.map((time, i) => [time, `ts${i + 1}`]));
  let annotations = 0;
  const tierText = ({ id, participant, parent, spans }: Tier): string => {
    const type = parent === undefined ? 'utterance' : 'included';
    const person = participant === '' ? '' : ` PARTICIPANT="${escaped(participant)}"`;
    const below = parent === undefined ? '' : ` PARENT_REF="${escaped(parent)}"`;
    const head = `    <TIER LINGUISTIC_TYPE_REF="${type}"${below}${person} TIER_ID="${escaped(id)}"`;
    if (spans.length === 0) return `${head}/>\n`;
    const lines = spans.map(({ start, end, text }) => {
      const times = `TIME_SLOT_REF1="${slotOf.get(start)}" TIME_SLOT_REF2="${slotOf.get(end)}"`;
      return `        <ANNOTATION>
            <ALIGNABLE_ANNOTATION ANNOTATION_ID="a${++annotations}" ${times}>
                <ANNOTATION_VALUE>${escaped(legibleLine(text))}</ANNOTATION_VALUE>
            </ALIGNABLE_ANNOTATION>
        </ANNOTATION>
`;
    });
    return `${head}>\n${lines.join('')}    </TIER>\n`;
  };
  const body = tiers.map(tierText).join('');
  const schema = 'http://www.mpi.nl/tools/elan/EAFv3.0.xsd';
  return (
    `<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="asr" DATE="${new Date().toISOString()}" FORMAT="3.0" VERSION="3.0" ` +
    `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
    `xsi:noNamespaceSchemaLocation="${schema}">
    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
${mediaOf(transcript.file)}        <PROPERTY NAME="lastUsedAnnotationId">${annotations}</PROPERTY>
    </HEADER>
    <TIME_ORDER>
${slots
  .map((time, i) => `        <TIME_SLOT TIME_SLOT_ID="ts${i + 1}" TIME_VALUE="${time}"/>\n`)
  .join('')}    </TIME_ORDER>
${body}    <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="utterance" TIME_ALIGNABLE="true"/>
    <LINGUISTIC_TYPE CONSTRAINTS="Included_In" GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="included" ` +
    `TIME_ALIGNABLE="true"/>
    <CONSTRAINT DESCRIPTION="Time alignable annotations within the parent annotation's time interval, ` +
    `gaps are allowed" STEREOTYPE="Included_In"/>
</ANNOTATION_DOCUMENT>
`
  );
}

function tiersOf({ utterances, words, phones }: Transcript, participant: string, suffix: string): Tier[] {
  const named = (tokens: readonly { start: number; end: number }[], texts: readonly string[]): Span[] =>
    tokens.map(({ start, end }, i) => ({ start, end, text: texts[i]! }));
  const inner: [string, Span[]][] = [
    ...(words
      ? [
          [
            'words',
            named(
              words,
              words.map(({ word }) => word),
            ),
          ] as [string, Span[]],
        ]
      : []),
    [
      'phones',
      named(
        phones,
        phones.map(({ phone }) => phone),
      ),
    ],
  ];
  if (!utterances) return inner.map(([id, spans]) => ({ id, participant, spans: ordered(spans) }));
  const outer = ordered(utterances);
  return [
    { id: `utterances${suffix}`, participant, spans: outer },
    ...inner.map(([id, spans]) => ({
      ...{ id: `${id}${suffix}`, participant, parent: `utterances${suffix}` },
      spans: within(ordered(spans), outer),
    })),
  ];
}

/** In milliseconds, each at least one long, none over the next: what ELAN asks of a tier. */
function ordered(spans: readonly Span[]): Span[] {
  let last = 0;
  return spans.map(({ start, end, text }) => {
    const from = Math.max(last, Math.round(start * 1000));
    last = Math.max(from + 1, Math.round(end * 1000));
    return { start: from, end: last, text };
  });
}

/** Rounded times may reach a millisecond beyond the utterance that they lie in. */
function within(spans: readonly Span[], outer: readonly Span[]): Span[] {
  let at = 0;
  return spans.flatMap((span) => {
    while (at < outer.length - 1 && span.start >= outer[at]!.end) at++;
    const { start, end } = outer[at] ?? span;
    const clipped = { ...span, start: Math.max(start, span.start), end: Math.min(end, span.end) };
    return clipped.end > clipped.start ? [clipped] : [];
  });
}

/** Annotations that meet share a time, so that moving it in ELAN moves both. */
const slotsOf = (tiers: readonly Tier[]): number[] =>
  [...new Set(tiers.flatMap(({ spans }) => spans.flatMap(({ start, end }) => [start, end])))].sort((a, b) => a - b);

/** Nothing for standard input and samples, which are no file. */
function mediaOf(file: string): string {
  if (file === '-') return '';
  const type = mediaTypes[extname(file).toLowerCase()] ?? 'unknown';
  return `        <MEDIA_DESCRIPTOR MEDIA_URL="${escaped(pathToFileURL(resolve(file)).href)}" MIME_TYPE="${type}"/>\n`;
}

/** Characters that XML 1.0 cannot hold at all become the replacement character. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}
