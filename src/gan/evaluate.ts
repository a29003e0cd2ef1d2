// Greedy decoding of utterances by the generator as it stands: no dropout, runs collapsed, silence left out.
// What the transcripts are worth is asked from outside: the language model lives elsewhere.
import { z } from 'zod';
import { argmaxRows, tapsOf, utteranceLogits, type GeneratorWeights } from './generator.js';
import type { Projector } from './projector.js';
import { transcript } from './join.js';
import type { CachedSegments } from './segment-source.js';

/** A judgement without labels. */
export interface GanScore extends Readonly<Record<string, number | undefined>> {
  /** Lower is better: perplexity of the phone language model over squared share of the vocabulary used, for example. */
  readonly metric: number;
  /** Share of the phone set that occurs. */
  readonly vocabularySeen: number;
  /** Share of the most frequent phone, where it is known. */
  readonly topShare?: number;
}

export interface GeneratorEvaluation {
  /** Updates done when it was made. */
  readonly update: number;
  readonly score: GanScore;
  /** Phones per utterance in the output, without silence. */
  readonly phonesPerUtterance: number;
  /** Share of utterances and lines that the discriminator told apart of late, in the mean. */
  readonly discriminatorAccuracy?: number;
}

/** What a checkpoint says beside the weights. */
export interface GanFacts {
  readonly evaluations: readonly GeneratorEvaluation[];
  /** See Evaluation. */
  readonly discriminatorAccuracy?: number | undefined;
}

// An evaluation without any phone has an infinite metric.
const number = z.union([z.number(), z.literal('Infinity').transform(() => Infinity)]);
// In the order in which an evaluation is made, so that a run that was continued writes the same bytes.
export const ganFacts = z.object({
  evaluations: z.array(
    z.object({
      update: z.number().int(),
      score: z.record(z.string(), number),
      phonesPerUtterance: z.number(),
      discriminatorAccuracy: z.number().optional(),
    }),
  ),
  discriminatorAccuracy: z.number().optional(),
}) as unknown as z.ZodType<GanFacts>;

/** AcousticModel transcripts: phone indexes without silence, one sequence an utterance. */
export type ScoreTranscripts = (sequences: number[][]) => GanScore | Promise<GanScore>;

export interface Vocabulary {
  /** Phones, silence included; text and output are indexes below it. */
  readonly size: number;
  readonly silence: number;
}

/** @returns one transcript for each id, in order */
export async function decodeGreedy(
  segments: CachedSegments,
  ids: readonly string[],
  weights: GeneratorWeights,
  projector: Projector,
  vocabulary: Vocabulary,
): Promise<number[][]> {
  const { kernel, columns, classes } = weights;
  const taps = tapsOf(weights.w, kernel, columns, classes);
  const sequences: number[][] = [];
  for (const id of ids) {
    const data = await segments.read(id);
    const logits = await utteranceLogits(data, data.length / columns, weights, taps, projector);
    sequences.push(
      transcript(argmaxRows(logits, logits.length / classes, classes), vocabulary.silence, vocabulary.size),
    );
  }
  return sequences;
}
