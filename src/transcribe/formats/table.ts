// The formats that a transcript can be written in, by name: text of one recording in, none of them needs a file.
import { safeId, stem } from '../../audio/ids.js';
import { basename } from 'node:path';
import type { z } from 'zod';
import { AsrError } from '../../core/errors.js';
import { definer, noSettings, registerBuiltIn, registeredPlugin, type Plugin } from '../../core/plugins.js';
import { legibleLine } from '../../core/shown.js';
import type { Transcript } from '../transcript.js';
import { tokensOf } from '../transcript.js';
import { eaf } from './elan.js';
import { srt, vtt } from './subtitles.js';
import { textGrid } from './textgrid.js';

export interface Format {
  /** Ending of its files, without the dot. */
  readonly ending: string;
  /** One line for `--help` and docs. */
  readonly summary: string;
  /** True where several recordings can follow each other in one output. */
  readonly joins: boolean;
  /** Written once, before the first recording. */
  readonly head?: string;
  readonly write: (transcript: Transcript) => string;
}

const fixed = (seconds: number): string => seconds.toFixed(3);
/** One cell of a table: names may hold tabs and newlines. */
const cell = (text: string): string => legibleLine(text.replace(/[\t\n\r]+/g, ' '));

function tsv(transcript: Transcript): string {
  return tokensOf(transcript)
    .map(
      ({ text, start, end, confidence }) =>
        `${[cell(transcript.file), fixed(start), fixed(end), cell(text), confidence?.toFixed(4) ?? ''].join('\t')}\n`,
    )
    .join('');
}

/** NIST's time-marked conversation format: recording, channel, start, duration, token, confidence. */
function ctm(transcript: Transcript): string {
  const id = recordingId(transcript.file);
  return tokensOf(transcript)
    .map(
      ({ text, start, end, confidence }) =>
        `${id} 1 ${fixed(start)} ${fixed(end - start)} ${text}` +
        `${confidence === undefined ? '' : ` ${confidence.toFixed(4)}`}\n`,
    )
    .join('');
}

/** The name of a recording in formats that separate by white space. */
export function recordingId(file: string): string {
  return file === '-' ? 'stdin' : legibleLine(safeId(stem(basename(file))));
}

export const formats = {
  text: {
    ending: 'txt',
    joins: true,
    summary: 'words, or phones where the model has no lexicon, on one line',
    write: (transcript) =>
      `${tokensOf(transcript)
        .map(({ text }) => text)
        .join(' ')}\n`,
  },
  json: {
    ending: 'json',
    joins: true,
    summary: 'text, utterances, words and phones with times, one object a line',
    write: (transcript) => `${JSON.stringify(transcript)}\n`,
  },
  srt: { ending: 'srt', joins: false, summary: 'SubRip subtitles', write: srt },
  vtt: { ending: 'vtt', joins: false, summary: 'WebVTT subtitles', write: vtt },
  ctm: {
    ending: 'ctm',
    joins: true,
    summary: 'recording, channel, start, duration, token, confidence (NIST)',
    write: ctm,
  },
  textgrid: {
    ending: 'TextGrid',
    joins: false,
    summary: 'Praat, tiers for utterances, words and phones',
    write: textGrid,
  },
  eaf: {
    ending: 'eaf',
    joins: false,
    summary: 'ELAN, tiers for utterances, words and phones, with a link to the recording',
    write: eaf,
  },
  tsv: {
    ending: 'tsv',
    joins: true,
    head: 'file\tstart\tend\ttext\tconfidence\n',
    summary: 'file, start, end, token, confidence',
    write: tsv,
  },
} as const satisfies Record<string, Format>;

/** Of the formats that come with the program; modules of others may register further ones. */
export type FormatName = keyof typeof formats;
export const formatNames = Object.keys(formats) as FormatName[];

/** A format, built in or of others. */
export interface FormatPlugin<S extends z.ZodObject = z.ZodObject> extends Plugin<'format', S>, Format {}

export const defineFormat: <S extends z.ZodObject>(format: Omit<FormatPlugin<S>, 'kind'>) => FormatPlugin<S> =
  definer('format');

registerBuiltIn(
  Object.entries(formats).map(([name, format]) => defineFormat({ name, version: 1, config: noSettings, ...format })),
);

/** The format of this name; undefined where there is none. */
export const findFormat = (name: string): Format | undefined =>
  registeredPlugin('format', name) as FormatPlugin | undefined;

/** @throws AsrError 'internal' for a name that nobody has checked */
export function formatOf(name: string): Format {
  const format = findFormat(name);
  if (!format) throw new AsrError('internal', `no format ${name}`);
  return format;
}

/** A transcript in one format, as the content of a file of its own. */
export const formatTranscript = (transcript: Transcript, name: FormatName): string => written(transcript, name);

/** As formatTranscript, for any format that findFormat finds. */
export function written(transcript: Transcript, name: string): string {
  const format = formatOf(name);
  return (format.head ?? '') + format.write(transcript);
}
