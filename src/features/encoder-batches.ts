// How utterances go through an encoder: cut into pieces with context where they are long, put side by side where they
// are alike, so that neither the memory of one run nor the padding grows. Pure arithmetic; the order never depends on
// timing, so the same utterances always meet in the same batches.
import { frameCount, type FrameGrid } from '../core/frame-grid.js';
import type { Samples } from '../core/time.js';

/** A stretch of one utterance: what the encoder hears, and which of its frames are kept. */
export interface UtterancePiece {
  /** Which utterance. */
  readonly sound: number;
  /** Samples [start, end) of it. */
  readonly start: number;
  readonly end: number;
  /** Of the piece's frames, those from here are kept … */
  readonly skip: number;
  /** … so many … */
  readonly rows: number;
  /** … and stand at this frame of the utterance. */
  readonly at: number;
}

export interface PieceOptions extends FrameGrid {
  /** Frames of one piece. */
  readonly chunk: number;
  /** Frames heard on each side of it. */
  readonly context: number;
}

/** The pieces of one utterance, in order; none when it is shorter than a frame. One where it needs no cutting. */
export function cutPieces(
  sound: number,
  samples: Samples,
  { hop, window, chunk, context }: PieceOptions,
): UtterancePiece[] {
  const total = frameCount(samples, { window, hop });
  if (total === 0) return [];
  if (total <= chunk + 2 * context) return [{ sound, start: 0, end: samples, skip: 0, rows: total, at: 0 }];
  const count = Math.ceil(total / chunk);
  return Array.from({ length: count }, (_, i) => {
    const at = Math.floor((total * i) / count); // even pieces: no scrap at the end
    const until = Math.floor((total * (i + 1)) / count);
    const from = Math.max(0, at - context);
    const to = Math.min(total, until + context);
    return {
      sound,
      start: from * hop,
      end: to === total ? samples : (to - 1) * hop + window,
      skip: at - from,
      rows: until - at,
      at,
    };
  });
}

export interface EncoderBatchOptions {
  /** Bytes that a run may take. */
  readonly budget: number;
  /** Bytes that one waveform of so many samples takes. */
  readonly cost: (samples: number) => number;
  /** Waveforms of different lengths may stand side by side. */
  readonly padded: boolean;
  readonly most: number;
}

/** Padding may be at most this share of a batch. */
const mostPadding = 0.1;

/** Pieces in batches of like length, longest first: what does not fit fails at once, not after hours. */
export function makeBatches(
  pieces: readonly UtterancePiece[],
  { budget, cost, padded, most }: EncoderBatchOptions,
): UtterancePiece[][] {
  const lengthOf = (piece: UtterancePiece): number => piece.end - piece.start;
  const order = pieces
    .map((piece, i) => ({ piece, i }))
    .sort((a, b) => lengthOf(b.piece) - lengthOf(a.piece) || a.i - b.i);
  const batches: UtterancePiece[][] = [];
  for (const { piece } of order) {
    const batch = batches.at(-1);
    const width = batch?.[0] ? lengthOf(batch[0]) : 0;
    const alike = padded ? lengthOf(piece) >= (1 - mostPadding) * width : lengthOf(piece) === width;
    if (batch && alike && batch.length < most && (batch.length + 1) * cost(width) <= budget) batch.push(piece);
    else batches.push([piece]);
  }
  return batches;
}

export interface EncoderSizes {
  readonly channels: number;
  readonly firstStride: number;
  readonly hop: number;
  readonly heads: number;
  readonly hiddenSize: number;
  readonly innerSize: number;
}

/**
 * Bytes that one waveform takes inside: three copies of the first convolution's output (the longest), or the attention
 * weights of one block twice with its widest layer, whichever is more; they do not live at the same time.
 */
export function activationBytes(
  samples: number,
  { channels, firstStride, hop, heads, hiddenSize, innerSize }: EncoderSizes,
): number {
  const frames = samples / hop;
  const convolution = (3 * channels * samples) / firstStride;
  const block = 2 * heads * frames * frames + frames * (2 * innerSize + 8 * hiddenSize);
  return 4 * Math.max(convolution, block);
}
