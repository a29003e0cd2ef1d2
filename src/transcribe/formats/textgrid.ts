// Praat's TextGrid, long text form: interval tiers that cover the whole recording, with empty intervals in the pauses
// (https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html).
import { legibleLine } from '../../core/shown.js';
import type { Transcript } from '../transcript.js';
import { bySpeaker } from './by-speaker.js';

interface Interval {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export function textGrid(transcript: Transcript): string {
  const tiers: [string, Interval[]][] = bySpeaker(transcript).flatMap(({ suffix, part }) => tiersOf(part, suffix));
  const { seconds } = transcript;
  const span = (indent: string): string => `${indent}xmin = 0\n${indent}xmax = ${seconds}\n`;
  const head =
    `File type = "ooTextFile"\nObject class = "TextGrid"\n\n${span('')}tiers? <exists>\nsize = ` +
    `${tiers.length}\nitem []:\n`;
  return (
    head +
    tiers
      .map(([name, tokens], i) => {
        const intervals = gapless(tokens, seconds);
        const lines = intervals.map(
          ({ start, end, text }, k) =>
            `        intervals [${k + 1}]:\n            xmin = ${start}\n            xmax = ${end}\n            ` +
            `text = ${quoted(text)}\n`,
        );
        return (
          `    item [${i + 1}]:\n        class = "IntervalTier"\n        name = ${quoted(name)}\n` +
          `${span('        ')}        intervals: size = ${intervals.length}\n${lines.join('')}`
        );
      })
      .join('')
  );
}

function tiersOf({ utterances, words, phones }: Transcript, suffix: string): [string, Interval[]][] {
  const tiers: [string, Interval[]][] = [];
  if (utterances) tiers.push([`utterances${suffix}`, [...utterances]]);
  if (words) tiers.push([`words${suffix}`, words.map(({ word, start, end }) => ({ text: word, start, end }))]);
  tiers.push([`phones${suffix}`, phones.map(({ phone, start, end }) => ({ text: phone, start, end }))]);
  return tiers;
}

/** Praat wants tiers without holes. */
function gapless(tokens: readonly Interval[], seconds: number): Interval[] {
  const intervals: Interval[] = [];
  let at = 0;
  for (const { start, end, text } of tokens) {
    if (start > at) intervals.push({ start: at, end: start, text: '' });
    intervals.push({ start: Math.max(at, start), end, text });
    at = end;
  }
  if (at < seconds) intervals.push({ start: at, end: seconds, text: '' });
  return intervals;
}

const quoted = (text: string): string => `"${legibleLine(text).replace(/"/g, '""')}"`;
