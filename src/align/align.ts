// Forced alignment: a recording, its text and a model in, words and phones with their times and how sure they are
// out. The model hears the recording once; the text is then laid over what it heard.
import { streamAudio } from '../audio/decode.js';
import { AsrError } from '../core/errors.js';
import type { Frames, Samples, Seconds } from '../core/time.js';
import { acousticsOf } from '../decode/acoustics.js';
import { phoneColumns } from '../decode/decoder.js';
import { longestGap } from '../decode/lasting.js';
import type { Model } from '../transcribe/model.js';
import { inSeconds, transcriptVersion, type TranscribedPhone, type Transcript } from '../transcribe/transcript.js';
import { RecordingScores, type ScoredUtterance } from './heard.js';
import { alignWords, type AlignedPiece } from './path.js';
import { wordsOfText, type SpokenWord } from './words.js';

export interface AlignOptions {
  readonly name?: string;
  readonly lexicon?: string | undefined;
  /** eSpeak NG voice, for words that the model does not know. */
  readonly language?: string | undefined;
  /** The text is phones. */
  readonly phonetic?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((seconds: Seconds) => void) | undefined;
}

/** A transcript, with what text and recording do not share. */
export interface AlignedTranscript extends Transcript {
  /** Words of the text that nobody says; lines count from 1. */
  readonly missing: readonly { readonly word: string; readonly line: number }[];
  /** Stretches of speech, in seconds, that the text does not have. */
  readonly untold: readonly { readonly start: Seconds; readonly end: Seconds }[];
}

/** In nats. A word costs less than to be squeezed into a few rows, more than to be heard badly. */
const skipCost = 10;
const otherCost = 6;
const beams = [80, 400, Infinity];
/** Shorter stretches beside the text are breath and noise. */
const leastUntold = 0.3;

/**
 * @param text an utterance a line
 * @throws AsrError 'input' where the sound holds no speech, words cannot be pronounced, or the text does not fit at all
 */
export async function align(
  model: Model,
  path: string,
  text: string,
  options: AlignOptions = {},
): Promise<AlignedTranscript> {
  const { symbols, parts, config } = model.decoder;
  const columns = phoneColumns(symbols);
  const words = await wordsOfText(text, {
    ...{ columns, silence: symbols.silence, words: parts.lexicon, spelling: parts.spelling },
    ...{ lexicon: options.lexicon, language: options.language, phonetic: options.phonetic, text: model.record.text },
  });
  const utterances: ScoredUtterance[] = [];
  let samples = 0;
  const pieces = async function* (): AsyncGenerator<Float32Array> {
    for await (const piece of streamAudio(path, options.signal)) {
      samples += piece.length;
      yield piece;
    }
  };
  for await (const { regions, emission } of model.emissions(pieces(), {
    signal: options.signal,
    onPosition: (sample) => options.onProgress?.(inSeconds(sample)),
  })) {
    const acoustics = acousticsOf(emission, symbols, config);
    if (acoustics.rows > 0) utterances.push({ regions, acoustics, frames: (emission.ends.at(-1) ?? 0) as Frames });
  }
  if (utterances.length === 0)
    throw new AsrError(
      'input',
      `${JSON.stringify(path)}: nobody speaks in it`,
      'Listen to it; perhaps it is too quiet.',
    );
  const scores = new RecordingScores(utterances, model.grid);
  const aligned = alignWords(words, scores, { skipCost, otherCost, beams });
  if (!aligned)
    throw new AsrError(
      'input',
      `${JSON.stringify(path)}: the text does not fit the recording`,
      `It has ${words.length} words for ${inSeconds(samples as Samples)} s of sound: check that they belong together.`,
    );
  return transcriptOf(
    { words, aligned, scores, phones: symbols.phones },
    options.name ?? path,
    inSeconds(samples as Samples),
  );
}

interface Found {
  readonly words: readonly SpokenWord[];
  readonly aligned: readonly AlignedPiece[];
  readonly scores: RecordingScores;
  readonly phones: readonly string[];
}

interface AlignedPhone extends TranscribedPhone {
  readonly word: number;
}

function transcriptOf(found: Found, file: string, seconds: Seconds): AlignedTranscript {
  const { words, aligned, scores } = found;
  const phones = alignedPhones(found);
  const timed = words.map((word, i) => ({ word, own: phones.filter((phone) => phone.word === i) }));
  const spoken = timed.filter(({ own }) => own.length > 0);
  const missing = timed
    .filter(({ own }) => own.length === 0)
    .map(({ word }) => ({ word: word.text, line: word.line + 1 }));
  const untold = aligned
    .filter(({ kind }) => kind === 'other')
    .map(({ startRow, endRow }) => scores.span(startRow, endRow))
    .filter((span) => span !== undefined)
    .map(({ start, end }) => ({ start: inSeconds(start), end: inSeconds(end) }))
    .filter(({ start, end }) => end - start >= leastUntold);
  const wordsOut = spoken.map(({ word, own }) => ({ word: word.text, ...across(own), line: word.line }));
  const utterances = [...new Set(wordsOut.map(({ line }) => line))].map((line) => {
    const own = wordsOut.filter((word) => word.line === line);
    return { start: own[0]!.start, end: own.at(-1)!.end, text: own.map(({ word }) => word).join(' ') };
  });
  const warnings = [
    ...(missing.length > 0 ? [`${missing.length} of ${words.length} words of the text were not heard`] : []),
    ...(untold.length > 0 ? [`${untold.length} stretches of speech are not in the text`] : []),
  ];
  return {
    schema: transcriptVersion,
    file,
    seconds,
    text: wordsOut.map(({ word }) => word).join(' '),
    utterances,
    phones: phones.map(({ phone, start, end, confidence }) => ({ phone, start, end, confidence })),
    words: wordsOut.map(({ word, start, end, confidence }) => ({ word, start, end, confidence })),
    ...(warnings.length > 0 ? { warning: warnings.join('; ') } : {}),
    missing,
    untold,
  };
}

function across(own: readonly AlignedPhone[]): { start: number; end: number; confidence: number } {
  const length = own.reduce((sum, { start, end }) => sum + end - start, 0);
  const sum = own.reduce((all, { start, end, confidence = 0 }) => all + confidence * (end - start), 0);
  const confidence = length > 0 ? sum / length : 0;
  return { start: own[0]!.start, end: own.at(-1)!.end, confidence: Math.round(confidence * 1e4) / 1e4 };
}

function alignedPhones({ aligned, scores, phones }: Found): AlignedPhone[] {
  const all: AlignedPhone[] = [];
  const pieces = aligned.filter(({ kind }) => kind === 'phone');
  const lasts = scores.blank ? lastingRows(pieces, scores) : pieces;
  lasts.forEach(({ startRow, endRow, column, word }, i) => {
    const span = scores.span(startRow, endRow);
    if (!span) return;
    const { statesPerPhone } = scores;
    const sure = pieces[i]!;
    let sum = 0;
    for (let row = sure.startRow; row < sure.endRow; row++) {
      let best = 0;
      for (let c = 0; c < statesPerPhone; c++)
        best = Math.max(best, scores.certainty(column * statesPerPhone + c, row));
      sum += best;
    }
    all.push({
      phone: phones[column]!,
      start: inSeconds(span.start),
      end: inSeconds(span.end),
      confidence: Math.round((sum / (sure.endRow - sure.startRow)) * 1e4) / 1e4,
      word,
    });
  });
  return all;
}

/**
 * A CTC model says when a phone is there, not for how long: each lasts half-way to
 * its neighbours of the same utterance.
 */
function lastingRows(pieces: readonly AlignedPiece[], scores: RecordingScores): AlignedPiece[] {
  const together = (a: AlignedPiece | undefined, b: AlignedPiece | undefined): boolean =>
    a !== undefined &&
    b !== undefined &&
    b.startRow - a.endRow <= longestGap &&
    scores.utteranceOf(a.startRow) === scores.utteranceOf(b.startRow);
  const middle = (a: AlignedPiece, b: AlignedPiece): number => a.endRow + ((b.startRow - a.endRow) >> 1);
  return pieces.map((piece, i) => {
    const before = pieces[i - 1];
    const after = pieces[i + 1];
    return {
      ...piece,
      startRow: together(before, piece) ? middle(before!, piece) : piece.startRow,
      endRow: together(piece, after) ? middle(piece, after!) : piece.endRow,
    };
  });
}

/** Bytes of a text: a book has about one. */
export const mostTextBytes = 16 << 20;
