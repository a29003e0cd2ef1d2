// A recipe's own first step, which makes audio, text and references out of `--data` or out of nothing. It is a program:
// it runs only where the recipe names it, and one that did not come with asr only with its user's word (use.ts).
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { resolveConfig } from '../core/config.js';
import { AsrError } from '../core/errors.js';
import type { StageDefinition } from '../core/stage.js';
import type { RecipeConfig } from './config.js';
import { ownPrepare, type RecipeLocation } from './locate.js';
import type { PlanOptions, Step } from './step.js';

export interface PrepareStep extends Step {
  /** The corpus is all there is. */
  readonly standsAlone: boolean;
}

const corpus = 'corpus';

/**
 * @returns undefined where the recipe names no such program.
 * @throws AsrError 'config' when it cannot be what is named
 */
export async function prepareStep(
  location: RecipeLocation,
  config: RecipeConfig,
  run: string,
  options: PlanOptions,
): Promise<PrepareStep | undefined> {
  if (config.prepare === '') {
    if (Object.keys(config.corpus).length > 0)
      throw new AsrError(
        'config',
        `${location.yaml}: "corpus" has settings, but the recipe names no prepare step`,
        unnamedPrepare(location)
          ? 'Write `prepare: prepare.js` if that program beside it shall make the corpus; read it first.'
          : 'Remove the section.',
      );
    return undefined;
  }
  const path = location.own === undefined ? beside(location, config.prepare) : ownPrepare(location.own);
  const common = {
    name: corpus,
    out: join(run, corpus),
    inputs: {},
    force: options.force === true,
    data: resolve(options.data ?? '.'),
  };
  // readRecipe has asked for permission
  const module = (await import(pathToFileURL(path).href)) as { prepareStage?: StageDefinition; standsAlone?: boolean };
  const stage = module.prepareStage;
  if (stage?.name !== corpus)
    throw new AsrError(
      'config',
      `${path}: exports no prepareStage named "${corpus}"`,
      'See recipes/kerstin-de/prepare.ts for an example.',
    );
  return {
    ...common,
    load: async () => stage,
    standsAlone: module.standsAlone === true,
    config: resolveConfig(stage.config, [config.corpus], `${location.yaml}: corpus`),
  };
}

function beside({ yaml }: RecipeLocation, file: string): string {
  const path = join(dirname(yaml), file);
  if (!existsSync(path))
    throw new AsrError(
      'config',
      `${yaml}: prepare: ${file} does not lie beside it`,
      'It names a JavaScript module in the folder of the recipe; remove the line where there is none.',
    );
  return path;
}

/** Whether a program lies where older versions ran it, though the recipe does not name it. */
export function unnamedPrepare({ yaml, own }: RecipeLocation): boolean {
  return own === undefined && existsSync(join(dirname(yaml), 'prepare.js'));
}
