// What every family of encoders offers: settings in, a description and the graph of its blocks out.
import { z } from 'zod';
import { checked } from '../core/checked.js';
import { AsrError } from '../core/errors.js';
import { sampleRate } from '../core/time.js';
import type { OnnxBuilder, Wire } from '../engine/index.js';
import type { Weights } from './weights.js';

/** Where frames lie in sound: frame t stands for the samples [start + t * hop, start + t * hop + window). */
export interface EncoderGrid {
  readonly hop: number;
  /** A frame more for each hop behind so many samples. */
  readonly window: number;
  readonly start: number;
}

/** What has to be known to run an encoder, and how much memory it takes. */
export interface EncoderFacts {
  readonly family: string;
  readonly blocks: number;
  readonly hiddenSize: number;
  readonly innerSize: number;
  readonly heads: number;
  /** Channels of the widest layer before the blocks, and samples between its frames. */
  readonly channels: number;
  readonly firstStride: number;
  readonly grid: EncoderGrid;
  /** Each utterance to mean 0 and variance 1 first. */
  readonly normaliseSound: boolean;
  /** Waveforms of unequal length may share a batch. */
  readonly padded: boolean;
  /** Frames that it has positions for; absent: any number. */
  readonly mostFrames?: number;
}

/** A graph up to the block that is wanted. */
export interface EncoderBlocks {
  /** [N, hiddenSize] before the first block and after each. */
  readonly states: readonly Wire[];
  /** int64 [1] */
  readonly batch: Wire;
}

export interface EncoderArchitecture {
  readonly facts: EncoderFacts;
  /** A tensor that every encoder of the family has; what stands before it in a file is the prefix of all. */
  readonly landmark: string;
  /** @param last blocks to build */
  build(graph: OnnxBuilder, weights: Weights, last: number): Promise<EncoderBlocks>;
}

/** Parsed config.json and preprocessor_config.json. @throws AsrError 'model' for what it cannot compute */
export type FamilyReader = (settings: EncoderSettings) => EncoderArchitecture;

export interface EncoderSettings {
  readonly config: unknown;
  /** undefined: not there. */
  readonly preprocessor: unknown;
  /** Of both, for errors. */
  readonly where: string;
}

/** Samples, ten seconds: longer frames than any encoder of speech has. */
export const largestGrid = 10 * sampleRate;

export const positive = z
  .number()
  .int()
  .positive()
  .max(1 << 20);

/** @throws AsrError 'model' naming the fields that are wrong */
export function parseSettings<T extends z.ZodType>(schema: T, value: unknown, where: string): z.infer<T> {
  const hint = "Fetch the file again from the model's page.";
  return checked(schema, value, (problems) => new AsrError('model', `${where}: ${problems}`, hint), 'the file');
}
