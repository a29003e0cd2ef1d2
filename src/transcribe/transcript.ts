// What was recognised in one recording: phones, and words where the model has a lexicon, each with its time and,
// where the decoder gives one, its confidence. The JSON of `asr transcribe` is this record (docs/transcribe.md).
import { z } from 'zod';
import type { TimedPhone } from '../core/records.js';
import { legibleLine } from '../core/shown.js';
import { secondsOf, type Samples, type Seconds } from '../core/time.js';

/** Raised when a field changes its meaning or goes away; new fields do not raise it. */
export const transcriptVersion = 1;

const seconds = z.number().nonnegative();
const timed = {
  start: seconds.describe('seconds of the recording, to a millisecond'),
  end: seconds,
  confidence: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('posterior probability; absent where the decoder gives none'),
};

export const transcriptSchema = z.object({
  schema: z.literal(transcriptVersion),
  file: z.string().describe('as it was given; - for standard input'),
  seconds: seconds.describe('length of the recording'),
  text: z.string().optional().describe('words separated by spaces, or phones where the model decodes no words'),
  utterances: z
    .array(
      z.object({
        start: seconds,
        end: seconds,
        text: z.string(),
        speaker: z
          .string()
          .min(1)
          .optional()
          .describe('who says it, one of `speakers`; only where speakers were asked for'),
      }),
    )
    .optional()
    .describe('stretches of speech between pauses, in order; each word and phone lies in one of them'),
  speakers: z
    .array(z.string().min(1))
    .optional()
    .describe('names of those who speak, in the order in which they first do; only where speakers were asked for'),
  phones: z.array(z.object({ phone: z.string().min(1), ...timed })),
  words: z
    .array(
      z.object({
        word: z.string().min(1),
        ...timed,
        spelt: z
          .literal(true)
          .optional()
          .describe('no word that the model knows: spelt by how its phones are written in other words'),
      }),
    )
    .optional()
    .describe('absent where the model decodes no words'),
  warning: z
    .string()
    .optional()
    .describe(
      'a stretch was left out, the file was damaged or the command was stopped, and this is what there is of it',
    ),
});
/**
 * docs/transcript.schema.json: for those who read transcripts elsewhere. Unknown fields
 * are allowed, since new ones may come.
 */
export const transcriptJsonSchema = (): object => ({
  title: 'Transcript of asr transcribe --format json',
  ...z.toJSONSchema(transcriptSchema, { io: 'input' }),
});
export type Transcript = z.infer<typeof transcriptSchema>;
export type TranscribedPhone = Transcript['phones'][number];
export type TranscribedWord = NonNullable<Transcript['words']>[number];

/** A word or a phone with its time: what the formats are made of. */
export interface Token {
  readonly text: string;
  readonly start: Seconds;
  readonly end: Seconds;
  readonly confidence: number | undefined;
}

/** A stretch of speech between pauses, in samples of the recording at 16 kHz. */
export interface RecognisedUtterance {
  readonly start: Samples;
  readonly end: Samples;
  readonly phones: readonly (TimedPhone & { readonly confidence?: number | undefined })[];
  readonly words?:
    | readonly {
        readonly word: string;
        readonly start: Samples;
        readonly end: Samples;
        readonly confidence?: number | undefined;
        readonly spelt?: boolean | undefined;
      }[]
    | undefined;
}

/** The same with times in seconds: what `transcribeStream` yields. */
export interface TranscribedUtterance {
  readonly start: Seconds;
  readonly end: Seconds;
  readonly phones: readonly TranscribedPhone[];
  readonly words?: readonly TranscribedWord[];
}

/** To a millisecond. */
export const inSeconds = (sample: Samples): Seconds => Math.round(secondsOf(sample) * 1000) / 1000;

export function utteranceInSeconds({ start, end, phones, words }: RecognisedUtterance): TranscribedUtterance {
  const times = (token: { start: Samples; end: Samples; confidence?: number | undefined }) => ({
    start: inSeconds(token.start),
    end: inSeconds(token.end),
    ...(token.confidence === undefined ? {} : { confidence: Math.round(token.confidence * 1e4) / 1e4 }),
  });
  return {
    start: inSeconds(start),
    end: inSeconds(end),
    phones: phones.map((token) => ({ phone: token.phone, ...times(token) })),
    ...(words
      ? {
          words: words.map((token) => ({
            word: token.word,
            ...times(token),
            ...(token.spelt ? { spelt: true as const } : {}),
          })),
        }
      : {}),
  };
}

/**
 * A transcript of utterances in order.
 * @param seconds length of what was heard
 * @param warning what is to be known of it, if anything
 */
export function joinUtterances(
  file: string,
  utterances: readonly TranscribedUtterance[],
  seconds: Seconds,
  warning?: string,
): Transcript {
  const words = utterances.some((utterance) => utterance.words)
    ? utterances.flatMap((utterance) => utterance.words ?? [])
    : undefined;
  const spans = utterances.map(({ start, end, ...utterance }) => ({ start, end, text: textOf(utterance) }));
  return {
    schema: transcriptVersion,
    file,
    seconds,
    text: spans
      .map(({ text }) => text)
      .filter((text) => text !== '')
      .join(' '),
    utterances: spans,
    phones: utterances.flatMap(({ phones }) => phones),
    ...(words ? { words } : {}),
    ...(warning === undefined ? {} : { warning }),
  };
}

/** The same with phones alone, for those who asked for them. */
export function withoutWords({ words, text, ...transcript }: Transcript): Transcript {
  if (!words) return { ...transcript, ...(text === undefined ? {} : { text }) };
  const { phones, utterances } = transcript;
  const spoken = (within: readonly TranscribedPhone[]): string => within.map(({ phone }) => phone).join(' ');
  return {
    ...transcript,
    ...(text === undefined ? {} : { text: spoken(phones) }),
    ...(utterances
      ? {
          utterances: utterances.map(({ start, end, speaker }) => ({
            start,
            end,
            ...(speaker === undefined ? {} : { speaker }),
            text: spoken(phones.filter((phone) => phone.start >= start && phone.end <= end)),
          })),
        }
      : {}),
  };
}

/** What a person reads: words where there are any to have, else phones. */
export const textOf = ({ phones, words }: Pick<TranscribedUtterance, 'phones' | 'words'>): string =>
  (words ? words.map(({ word }) => word) : phones.map(({ phone }) => phone)).join(' ');

/** What was said, of a recording or a part of one. */
export interface Spoken {
  readonly phones: readonly TranscribedPhone[];
  readonly words?: readonly TranscribedWord[] | undefined;
}

/** Words where there are any to have, else phones; without control characters, which a lexicon may hold. */
export function tokensOf({ phones, words }: Spoken): Token[] {
  const token = (text: string, { start, end, confidence }: TranscribedPhone | TranscribedWord): Token => ({
    text: legibleLine(text),
    start,
    end,
    confidence,
  });
  return words ? words.map((word) => token(word.word, word)) : phones.map((phone) => token(phone.phone, phone));
}
