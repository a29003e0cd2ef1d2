// The features stage's folder: what later stages and a bundle need to know of the frames, and the frames.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readFields, readJson } from '../core/jsonl.js';
import { ShardReader } from '../core/shards.js';
import type { ByteRange } from '../core/stretches.js';
import { sampleRate } from '../core/time.js';
import { featuresConfig } from './config.js';

/** How to read the frames, and how to make the same for another file. hop and window are samples at `sampleRate`. */
export const featuresInfoSchema = z.object({
  kind: z.string(),
  dim: z.number().int().positive(),
  hop: z.number().int().positive(),
  window: z.number().int().positive(),
  /** Sample at which the first frame begins, where it is not 0. */
  start: z.number().int().optional(),
  sampleRate: z.literal(sampleRate),
  /** [dim] standard deviations that normalisation took out; absent where it took out none. */
  deviations: z.array(z.number()).optional(),
  /** Of an encoder: its family, block and the value that was taken. */
  about: z.record(z.string(), z.union([z.string(), z.number()])).exactOptional(),
  /** Of frames that were reduced: their columns before, and the share of the variance that the components keep. */
  reduction: z.object({ columns: z.number().int().positive(), share: z.number() }).exactOptional(),
  config: featuresConfig,
});
export type FeaturesInfo = z.infer<typeof featuresInfoSchema>;

/** Where the description of the frames is, for messages. */
export const featuresInfoPath = (folder: string): string => join(folder, 'features.json');

/** @throws AsrError 'input' when it is missing or damaged */
export const readFeaturesInfo = (folder: string): Promise<FeaturesInfo> =>
  readJson(featuresInfoPath(folder), featuresInfoSchema);

/** Some of the same; a folder made elsewhere need not hold the others. @throws as `readFeaturesInfo` */
export const readFeaturesFields = <K extends keyof FeaturesInfo>(
  folder: string,
  ...fields: K[]
): Promise<Pick<FeaturesInfo, K>> => readFields(featuresInfoPath(folder), featuresInfoSchema, fields);

export const writeFeaturesInfo = (folder: string, info: FeaturesInfo): Promise<void> =>
  writeFile(featuresInfoPath(folder), `${JSON.stringify(info, null, 2)}\n`);

export const framesFolder = (folder: string): string => join(folder, 'frames');

/** Frames by utterance id, [rows, dim]. */
export const openFrames = (folder: string, bytes?: ByteRange): Promise<ShardReader> =>
  ShardReader.open(framesFolder(folder), bytes);
