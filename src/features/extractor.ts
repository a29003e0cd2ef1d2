// What every front end offers: 16 kHz samples of utterances in, frames out. Frames are not normalised yet: that needs
// all utterances of a speaker (normalise.ts). Also the one place that knows which kinds there are.
import type { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { byPlugin, pluginOf, settingsOf, type Plugin } from '../core/plugins.js';
import type { Compute } from '../core/stage.js';
import type { FeaturesConfig } from './config.js';
import type { FeatureExtractor } from './frame-grid.js';
import { createLogMel } from './logmel.js';
import { createMfcc } from './mfcc.js';

export { firstOwned, frameMiddle, type FeatureExtractor, type FrameGrid, type Frames } from './frame-grid.js';

/** A front end that a module of others registers. */
export interface ExtractorPlugin<S extends z.ZodObject = z.ZodObject> extends Plugin<'extractor', S> {
  /** @param place where a relative path of the settings starts, and where graphs run */
  create(
    settings: z.infer<S>,
    place: { readonly compute: Compute; readonly folder: string },
  ): FeatureExtractor | Promise<FeatureExtractor>;
}

export function defineExtractor<S extends z.ZodObject>(
  extractor: Omit<ExtractorPlugin<S>, 'kind'>,
): ExtractorPlugin<S> {
  return { kind: 'extractor', ...extractor };
}

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
  switch (config.kind) {
    case 'mfcc':
      return createMfcc(config, compute);
    case 'logmel':
      return createLogMel(config, compute);
    case 'encoder':
      return (await import('./published-encoder.js')).createPublishedEncoder(config, compute, folder);
    case 'onnx':
      return (await import('./encoder.js')).createEncoder(config, compute, folder);
    case byPlugin: {
      const plugin = pluginOf<ExtractorPlugin>('extractor', config.plugin);
      return plugin.create(settingsOf(plugin, config.plugin), { compute, folder });
    }
    case 'supervised-stand-in':
    case 'precomputed':
      throw new AsrError(
        'model',
        `features of the kind "${config.kind}" were made by another program, which has to make them for new sound too`,
        'Run that encoder here: features.kind=onnx (docs/encoders.md).',
      );
  }
}
