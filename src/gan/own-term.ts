// A further term of the generator's loss that a module of others registers: traced into the same graph as the paper's.
import type { z } from 'zod';
import { definer, pluginOf, settingsOf, type Plugin } from '../core/plugins.js';
import { tf } from '../engine/index.js';
import type { GanConfig } from './config.js';

/** What a term can be made of; everything is traced, so only the kernels of packages/engine/README.md are there. */
export interface GeneratorView {
  readonly tf: typeof tf;
  /** [batch, frames, classes] */
  readonly logits: tf.Tensor;
  /** softmax of the logits */
  readonly probs: tf.Tensor;
  /** [batch, frames], 1 on frames that exist */
  readonly mask: tf.Tensor;
}

export interface LossPlugin<S extends z.ZodObject = z.ZodObject> extends Plugin<'loss', S> {
  /** @returns a scalar, per utterance, that is added to what the generator minimises */
  generator(view: GeneratorView, settings: z.infer<S>): tf.Tensor;
}

export const defineLoss: <S extends z.ZodObject>(loss: Omit<LossPlugin<S>, 'kind'>) => LossPlugin<S> = definer('loss');

/** One term, or none where the loss comes with asr. */
export function ownTerms({ loss, plugin: setting }: GanConfig, view: Omit<GeneratorView, 'tf'>): tf.Tensor[] {
  if (loss !== 'plugin') return [];
  const plugin = pluginOf<LossPlugin>('loss', setting);
  return [plugin.generator({ tf, ...view }, settingsOf(plugin, setting))];
}
