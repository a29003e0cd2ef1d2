// Which block of an encoder? What is special where a climb goes over features.layer: tries that are short and
// comparable, and one pass over the sound for all of them.
import { AsrError } from '../core/errors.js';
import type { RecipeConfig } from './config.js';
import type { Plan } from './plan.js';

export const blockSetting = 'features.layer';

export const isOverBlocks = (over: readonly string[]): boolean =>
  over.some((text) => text.startsWith(`${blockSetting}=`));

/**
 * What a block is worth shows before the first round, and at one length alone: by the source each would have another.
 * Units have no say in a bootstrap. The user's `--set` goes over it.
 */
export const blockTries = [
  'learn.bootstrap.adapt.rounds=0',
  'learn.bootstrap.length.from=text',
  'clusters.count=8',
  'clusters.restarts=1',
] as const;

/** The first of the tries hears a sound, for all. @param folder where frames are kept until the climb is at its end */
export function hearing(
  settings: readonly { readonly key: string; readonly values: readonly string[] }[],
  folder: string,
): Pick<Plan, 'heard'> {
  const layers = settings.find(({ key }) => key === blockSetting)?.values.map(Number);
  return layers ? { heard: { folder, layers } } : {};
}

/** @throws AsrError 'usage' where no measure compares blocks: other methods' metric is of each one's own units */
export function refuseBlocks({ learn: { method }, features: { kind } }: RecipeConfig): void {
  if (method === 'bootstrap' && (kind === 'encoder' || kind === 'onnx')) return;
  throw new AsrError(
    'usage',
    `--over ${blockSetting}: blocks are compared by what a bootstrap hears without the text, found ` +
      `learn.method=${method}, features.kind=${kind}`,
    'Set learn.method=bootstrap and features.kind=encoder, also where the run itself is to learn in another way.',
  );
}
