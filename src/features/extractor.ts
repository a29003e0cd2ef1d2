// What every front end offers: 16 kHz samples of utterances in, frames out. Frames are not normalised yet: that needs
// all utterances of a speaker (normalise.ts). Also the one place that knows which kinds there are.
import type { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { chosenWay, definer, noSettings, registerBuiltIn, type Plugin } from '../core/plugins.js';
import type { Compute } from '../core/stage.js';
import type { FeaturesConfig } from './config.js';
import type { FeatureExtractor } from './frames.js';
import { createLogMel } from './logmel.js';
import { createMfcc } from './mfcc.js';

export type { FeatureExtractor, FrameRows } from './frames.js';

/** A front end, built in or of others. */
export interface ExtractorPlugin<S extends z.ZodObject = z.ZodObject> extends Plugin<'extractor', S> {
  /** @param place where a relative path of the settings starts, where graphs run, and the stage's other settings */
  create(
    settings: z.infer<S>,
    place: { readonly compute: Compute; readonly folder: string; readonly features: FeaturesConfig },
  ): FeatureExtractor | Promise<FeatureExtractor>;
}

export const defineExtractor: <S extends z.ZodObject>(
  extractor: Omit<ExtractorPlugin<S>, 'kind'>,
) => ExtractorPlugin<S> = definer('extractor');

registerBuiltIn([
  defineExtractor({
    name: 'mfcc',
    version: 1,
    summary: '13 mel-frequency cepstra with their differences',
    config: noSettings,
    create: (_, { features, compute }) => createMfcc(features, compute),
  }),
  defineExtractor({
    name: 'logmel',
    version: 1,
    summary: 'mel bands',
    config: noSettings,
    create: (_, { features, compute }) => createLogMel(features, compute),
  }),
  defineExtractor({
    name: 'encoder',
    version: 1,
    summary: 'a published checkpoint',
    config: noSettings,
    create: async (_, { features, compute, folder }) =>
      (await import('./published-encoder.js')).createPublishedEncoder(features, compute, folder),
  }),
  defineExtractor({
    name: 'onnx',
    version: 1,
    summary: 'an exported encoder',
    config: noSettings,
    create: async (_, { features, compute, folder }) =>
      (await import('./encoder.js')).createEncoder(features, compute, folder),
  }),
]);

/**
 * The front end that `config.kind` names.
 * @param folder where a relative `config.model` starts
 * @throws AsrError 'config' when its settings contradict each other, 'model' when an encoder cannot be used
 */
export async function createExtractor(
  config: FeaturesConfig,
  compute: Compute,
  folder = '.',
): Promise<FeatureExtractor> {
  if (config.kind === 'supervised-stand-in' || config.kind === 'precomputed')
    throw new AsrError(
      'model',
      `features of the kind "${config.kind}" were made by another program, which has to make them for new sound too`,
      'Run that encoder here: features.kind=onnx (docs/encoders.md).',
    );
  const { way, settings } = chosenWay<ExtractorPlugin>('extractor', config.kind, config.plugin);
  return way.create(settings, { compute, folder, features: config });
}
