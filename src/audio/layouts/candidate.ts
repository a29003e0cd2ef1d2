// What every layout yields, and the words by which corpora name their parts.
// Layouts never store, log or put into an error anything of a line but the columns they name: many tables hold
// transcripts, and no stage before `score` may know a reference.
import type { z } from 'zod';
import { definer, type Plugin } from '../../core/plugins.js';
import type { Split } from '../../core/records.js';
import type { AudioConfig } from '../config.js';
import { safeId, splitOf, stem } from '../ids.js';
import type { SoundFile } from '../sound-files.js';

/** A recording before it was opened; `problem` says why it cannot be used. Times are seconds into the file. */
export type Candidate = { readonly id: string } & (
  | {
      readonly path: string;
      readonly speaker: string;
      readonly split: Split;
      readonly start?: number;
      readonly end?: number;
      /** The channel that is taken, from 0; without it all are averaged. */
      readonly channel?: number;
      /** Of a file with one channel that one is taken, whatever its number elsewhere. */
      readonly orOnly?: boolean;
      /** Seconds that the whole file lasts by its manifest, which is held against the sound. */
      readonly fileSeconds?: number;
    }
  | { readonly problem: string }
);

/** How one kind of corpus is read. */
export interface Layout {
  /** @param root the folder `audio.dir`; @param data what relative paths of the config start from */
  read(root: string, config: AudioConfig, data: string): AsyncIterable<Candidate>;
  /** Files and folders that decide what is found, for fingerprints; the root alone where it is left out. */
  external?(root: string, config: AudioConfig, data: string): readonly string[];
}

/** A layout, built in or of others. */
export interface LayoutPlugin<S extends z.ZodObject = z.ZodObject> extends Plugin<'layout', S> {
  /**
   * @param root the folder `audio.dir`. Paths of what it yields are absolute or start in the working folder
   * @param data what relative paths of the configuration start from
   */
  read(root: string, settings: z.infer<S>, config: AudioConfig, data: string): AsyncIterable<Candidate>;
  /** As Layout's. */
  external?(root: string, config: AudioConfig, data: string): readonly string[];
}

export const defineLayout: <S extends z.ZodObject>(layout: Omit<LayoutPlugin<S>, 'kind'>) => LayoutPlugin<S> =
  definer('layout');

/** `train-clean-100`, `dev`, `eval92` to a split; undefined for other words. */
export function splitNamed(name: string): Split | undefined {
  const lower = name.toLowerCase();
  if (lower.startsWith('train')) return 'train';
  return /^(test|dev|valid|validation|eval)/.test(lower) ? 'test' : undefined;
}

/** The split that a folder's name says, or by a hash of the id. */
export const splitFor = (name: string | undefined, id: string, config: AudioConfig): Split =>
  (name === undefined ? undefined : splitNamed(name)) ?? splitOf(id, config.testShare);

/** Whether `audio.parts` asks for this part; without a wish, all are taken. */
export const isWanted = (part: string, config: { readonly parts: readonly string[] }): boolean =>
  config.parts.length === 0 || config.parts.includes(part);

/** A folder that cannot be read, as a recording with a problem. */
export const unusable = ({ parts, problem = '' }: SoundFile): Candidate => ({
  id: safeId(stem(parts.at(-1) ?? '')),
  problem,
});
