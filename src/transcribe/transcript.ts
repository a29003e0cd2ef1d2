// What was recognised in one recording: phones, and words where the model has a lexicon, each with its time and, where
// the decoder gives one, its confidence. The JSON of `asr transcribe` is this record (docs/transcribe.md).
import { z } from 'zod';
import { sampleRate, type TimedPhone } from '../core/records.js';

/** Raised when a field changes its meaning or goes away; new fields do not raise it. */
export const transcriptVersion = 1;

const seconds = z.number().nonnegative();
const timed = {
  /** Seconds of the recording, to a millisecond. */
  start: seconds, end: seconds,
  /** Posterior probability; absent where the decoder gives none. */
  confidence: z.number().min(0).max(1).optional(),
};

export const transcriptSchema = z.object({
  schema: z.literal(transcriptVersion),
  /** As it was given; `-` for standard input. */
  file: z.string(),
  /** Length of the recording. */
  seconds,
  phones: z.array(z.object({ phone: z.string().min(1), ...timed })),
  /** Absent where the model has no lexicon. */
  words: z.array(z.object({ word: z.string().min(1), ...timed })).optional(),
  /** Set when the file was damaged and only a part of it could be decoded. */
  warning: z.string().optional(),
});
export type Transcript = z.infer<typeof transcriptSchema>;
export type TranscribedPhone = Transcript['phones'][number];
export type TranscribedWord = NonNullable<Transcript['words']>[number];

/** A word or a phone with its time: what the formats are made of. */
export interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly confidence: number | undefined;
}

/** A stretch of speech between pauses, in samples of the recording at 16 kHz. */
export interface RecognisedUtterance {
  readonly start: number;
  readonly end: number;
  readonly phones: readonly (TimedPhone & { readonly confidence?: number | undefined })[];
  readonly words?: readonly { readonly word: string; readonly start: number; readonly end: number; readonly confidence?: number | undefined }[] | undefined;
}

/** The same with times in seconds: what `transcribeStream` yields. */
export interface TranscribedUtterance {
  readonly start: number;
  readonly end: number;
  readonly phones: readonly TranscribedPhone[];
  readonly words?: readonly TranscribedWord[];
}

export const inSeconds = (sample: number): number => Math.round(sample / sampleRate * 1000) / 1000;

export function utteranceInSeconds({ start, end, phones, words }: RecognisedUtterance): TranscribedUtterance {
  const times = (token: { start: number; end: number; confidence?: number | undefined }) => ({
    start: inSeconds(token.start), end: inSeconds(token.end),
    ...(token.confidence === undefined ? {} : { confidence: Math.round(token.confidence * 1e4) / 1e4 }),
  });
  return {
    start: inSeconds(start), end: inSeconds(end),
    phones: phones.map((token) => ({ phone: token.phone, ...times(token) })),
    ...(words ? { words: words.map((token) => ({ word: token.word, ...times(token) })) } : {}),
  };
}

/** Words where there are any to have, else phones. */
export function tokensOf({ phones, words }: Pick<Transcript, 'phones' | 'words'>): Token[] {
  const token = (text: string, { start, end, confidence }: TranscribedPhone | TranscribedWord): Token => ({ text, start, end, confidence });
  return words ? words.map((word) => token(word.word, word)) : phones.map((phone) => token(phone.phone, phone));
}
