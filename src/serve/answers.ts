// A transcript in the forms of OpenAI's API: text alone, or with segments, words and (ours) phones.
import { showsWords } from '../bundle/card.js';
import type { ModelRecord } from '../bundle/model-record.js';
import { formatTranscript, type FormatName } from '../transcribe/formats/table.js';
import {
  tokensOf,
  type Spoken,
  type Token,
  type TranscribedPhone,
  type TranscribedWord,
  type Transcript,
} from '../transcribe/transcript.js';
import type { TranscriptionRequest } from './question.js';

/** Without words where the answer is to be made of phones. */
export function inTokens<T extends Spoken>(spoken: T, record: ModelRecord, tokens: TranscriptionRequest['tokens']): T {
  if (spoken.words === undefined || tokens === 'words' || (tokens === undefined && showsWords(record))) return spoken;
  const phonesAlone = { ...spoken };
  delete (phonesAlone as { words?: unknown }).words;
  return phonesAlone;
}

/**
 * As a file of `asr transcribe`, but without a link to the recording: it lies with the
 * sender, not in a folder of the server.
 */
export const writtenAs = (transcript: Transcript, format: FormatName): string =>
  formatTranscript(format === 'eaf' ? { ...transcript, file: '-' } : transcript, format);

export const textOf = (spoken: Spoken): string =>
  tokensOf(spoken)
    .map(({ text }) => text)
    .join(' ');

/** The shortest form: the text, and what is wrong with the sound where something is. */
export const plainAnswer = (transcript: Transcript): { readonly text: string; readonly warning?: string } => ({
  text: textOf(transcript),
  ...(transcript.warning === undefined ? {} : { warning: transcript.warning }),
});

/** The same warning as a header, for answers that are files. */
export const warningHeader = ({ warning }: Transcript): Record<string, string> =>
  warning === undefined ? {} : { 'x-asr-warning': warning.slice(0, 500).replace(/[^ -~]/gu, '?') };

export interface VerboseAnswer {
  readonly task: 'transcribe';
  readonly language: string;
  readonly duration: number;
  readonly text: string;
  readonly segments?: readonly object[];
  readonly words?: readonly TranscribedWord[];
  readonly phones?: readonly TranscribedPhone[];
  readonly warning?: string;
}

/** @param transcript as inTokens() gives it */
export function verboseAnswer(
  transcript: Transcript,
  granularities: TranscriptionRequest['timestamp_granularities'],
): VerboseAnswer {
  const wanted = granularities.length === 0 ? ['segment'] : granularities;
  const tokens = tokensOf(transcript);
  return {
    task: 'transcribe',
    language: 'und',
    duration: transcript.seconds,
    text: textOf(transcript),
    ...(wanted.includes('segment') ? { segments: segmentsOf(transcript, tokens) } : {}),
    ...(wanted.includes('word') ? { words: transcript.words ?? [] } : {}),
    ...(wanted.includes('phone') ? { phones: transcript.phones } : {}),
    ...(transcript.warning === undefined ? {} : { warning: transcript.warning }),
  };
}

/** Clients read all of these fields; those that only Whisper has are neutral. */
function segmentsOf({ utterances = [] }: Transcript, tokens: readonly Token[]): object[] {
  let next = 0;
  return utterances.map(({ start, end }, id) => {
    const own: Token[] = [];
    for (let token = tokens[next]; token && token.start < end; token = tokens[++next]) own.push(token);
    const sure = own.flatMap(({ confidence }) => (confidence === undefined ? [] : [Math.max(confidence, 1e-4)]));
    const meanLog = sure.length === 0 ? 0 : sure.reduce((sum, p) => sum + Math.log(p), 0) / sure.length;
    return {
      id,
      seek: 0,
      start,
      end,
      text: own.map(({ text }) => text).join(' '),
      tokens: [],
      temperature: 0,
      avg_logprob: Math.round(meanLog * 1e4) / 1e4,
      compression_ratio: 1,
      no_speech_prob: 0,
    };
  });
}
