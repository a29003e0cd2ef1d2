// What a person means by "this language" in, how its words become phones out: a recipe (its own settings, lexicon and
// text), what a run or a model was made with, or an eSpeak NG voice.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { resolveConfig } from '../core/config.js';
import { parseAssignments } from '../core/config-text.js';
import { AsrError } from '../core/errors.js';
import { textConfig } from '../text/config.js';
import { locateRecipe, recipeNames } from './locate.js';
import { makePlan } from './plan.js';
import { spokenByFolder, type TextSettings } from './spoken-model.js';

export interface SpokenOptions {
  readonly data?: string | undefined;
  readonly run?: string | undefined;
  readonly set?: readonly string[];
}

const isRecipe = (source: string): boolean =>
  recipeNames().includes(source) || (/[./\\]/.test(source) && existsSync(source));

/** A folder that a run or a bundle left, unless a recipe has that name. */
const isModel = (source: string): boolean =>
  !recipeNames().includes(source) &&
  !existsSync(join(source, 'recipe.yaml')) &&
  ['config.yaml', 'model.json', 'text/stage.json'].some((name) => existsSync(join(source, name)));

/**
 * @param source name or path of a recipe, folder of a run or a model, or a language
 * @throws AsrError as makePlan for a recipe; 'model' for a model that does not say how its text was read
 */
export async function spokenBy(source: string, options: SpokenOptions = {}): Promise<TextSettings> {
  const set = options.set ?? [];
  if (isModel(source)) return spokenByModel(source, options);
  if (!isRecipe(source)) {
    // A path that leads nowhere is no language.
    if (/[/\\]|\.ya?ml$/.test(source)) locateRecipe(source);
    const text = textConfig.parse({ language: source });
    return changed({ text, data: resolve(options.data ?? '.'), file: undefined }, set, source);
  }
  const plan = await makePlan({ recipe: source, ...options, data: options.data ?? undefined });
  const step = plan.steps.find(({ name }) => name === 'text');
  if (!step)
    throw new AsrError('usage', `recipe "${plan.config.name}" has no text`, 'Name another recipe, or a language.');
  const file = resolve(step.data, plan.config.text.file);
  return { text: plan.config.text, data: step.data, file: existsSync(file) ? file : undefined };
}

/**
 * @param named folder of a run or a model
 * @throws AsrError 'model' where there is neither, or a model that does not say how its text was read
 */
export async function spokenByModel(named: string, { data, set = [] }: SpokenOptions = {}): Promise<TextSettings> {
  return changed(await spokenByFolder(named, data), set, named);
}

/** @throws AsrError as makePlan for settings that are none, or none of text's */
function changed(settings: TextSettings, set: readonly string[], source: string): TextSettings {
  if (set.length === 0) return settings;
  const layers = [{ text: settings.text }, parseAssignments(set)];
  return { ...settings, text: resolveConfig(z.object({ text: textConfig }), layers, source).text };
}
