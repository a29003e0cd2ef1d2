// What a run decodes where its recipe leaves it open: settings and the folders of earlier stages in; settings with a
// method out. Words where what is decoded here is what the run ends with, and a text of words is there; else phones.
import { existsSync } from 'node:fs';
import { hearsEncoder } from '../features/config.js';
import { readFeaturesFields } from '../features/folder.js';
import { emissionKind } from '../learn/emission.js';
import { textPath } from '../text/folder.js';
import type { DecodeConfig, DecodeStageConfig } from './config.js';

/** Fewer states than otherwise, for models that are sure of themselves; with 200, words were lost (demo). */
export const wordPruning = { beam: 600, beamThreshold: 15 } as const;
/** For a network's posteriors, most of which are next to nothing: wider, the same words (demo, seed 1). */
export const networkPruning = { ...wordPruning, beam: 300, columnThreshold: 7 } as const;
/** 60 % of the time for .2 points of PER (kerstin-de and an English corpus, Whisper base). */
export const bootstrapPruning = { ...wordPruning, beamThreshold: 11, columnThreshold: 5 } as const;

/** Settings whose method is not open any more; where this chooses words, the search is narrowed for a network. */
export async function withMethod(
  config: DecodeStageConfig,
  folders: { readonly learn: string; readonly features: string; readonly text: string },
): Promise<DecodeConfig> {
  const { method } = config;
  if (method !== 'auto') return { ...config, method };
  const words =
    existsSync(textPath(folders.text, 'wordLm')) &&
    (await emissionKind(folders.learn)) === 'network' &&
    hearsEncoder((await readFeaturesFields(folders.features, 'kind')).kind);
  return words ? { ...config, method: 'words', ...bootstrapPruning } : { ...config, method: 'beam' };
}
