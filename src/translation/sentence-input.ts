// What learning to translate sentences starts from: two texts, settings, and where its rounds go.
import type { Log } from '../core/log.js';
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import type { SentenceConfig } from './sentence-config.js';

export interface SentenceInput {
  /** Sentences as tokens, each side in its own language. */
  readonly source: readonly (readonly string[])[];
  readonly target: readonly (readonly string[])[];
  readonly config: SentenceConfig;
  /** Where the folders of the rounds go. */
  readonly folder: string;
  readonly rng: Rng;
  readonly compute: Compute;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}
