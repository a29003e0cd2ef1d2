// Greedy decoding of utterances by the generator as it stands: no dropout, runs collapsed, silence left out.
// What the transcripts are worth is asked from outside: the language model lives elsewhere.
import { argmaxRows, outputRows, type Projector, sumTaps, tapsOf, type GeneratorWeights } from './generator.js';
import { transcript } from './join.js';
import type { CachedSegments } from './segment-source.js';

/** A judgement without labels. */
export interface GanScore extends Readonly<Record<string, number>> {
  /** Lower is better: perplexity of the phone language model over squared share of the vocabulary used, for example. */
  readonly metric: number;
  /** Share of the phone set that occurs. */
  readonly vocabularySeen: number;
}

/** Judges transcripts: phone indexes without silence, one sequence an utterance. */
export type ScoreTranscripts = (sequences: number[][]) => GanScore | Promise<GanScore>;

export interface Vocabulary {
  /** Phones, silence included; text and output are indexes below it. */
  readonly size: number;
  readonly silence: number;
}

/** @returns one transcript for each id, in order */
export async function decodeGreedy(segments: CachedSegments, ids: readonly string[], weights: GeneratorWeights, projector: Projector, vocabulary: Vocabulary): Promise<number[][]> {
  const { kernel, pad, columns, classes } = weights;
  const taps = tapsOf(weights.w, kernel, columns, classes);
  const sequences: number[][] = [];
  for (const id of ids) {
    const data = await segments.read(id);
    const rows = data.length / columns;
    const padded = new Float32Array((rows + 2 * pad) * columns);
    padded.set(data, pad * columns);
    const outputs = outputRows(rows, kernel, pad);
    const logits = sumTaps(await projector.project(padded, rows + 2 * pad, taps), 0, outputs, kernel, classes);
    sequences.push(transcript(argmaxRows(logits, outputs, classes), vocabulary.silence, vocabulary.size));
  }
  return sequences;
}
