// What a person means by "this language" in, how its words become phones out: a recipe (its own settings, lexicon and
// text) or an eSpeak NG voice.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { AsrError } from '../core/errors.js';
import { textConfig, type TextConfig } from '../text/config.js';
import { locateRecipe, recipeNames } from './locate.js';
import { makePlan } from './plan.js';

export interface TextSettings {
  readonly text: TextConfig;
  /** Where relative paths start. */
  readonly data: string;
  /** The text of a recipe; undefined where it is not there (yet) or a language was named. */
  readonly file: string | undefined;
}

export interface SpokenOptions {
  readonly data?: string | undefined;
  readonly run?: string | undefined;
  readonly set?: readonly string[];
}

const isRecipe = (source: string): boolean =>
  recipeNames().includes(source) || (/[./\\]/.test(source) && existsSync(source));

/** @param source name or path of a recipe, or a language. @throws AsrError as makePlan for a recipe */
export async function spokenBy(source: string, options: SpokenOptions = {}): Promise<TextSettings> {
  if (!isRecipe(source)) {
    // A path that leads nowhere is no language.
    if (/[/\\]|\.ya?ml$/.test(source)) locateRecipe(source);
    return { text: textConfig.parse({ language: source }), data: resolve(options.data ?? '.'), file: undefined };
  }
  const plan = await makePlan({ recipe: source, ...options, data: options.data ?? undefined });
  const step = plan.steps.find(({ name }) => name === 'text');
  if (!step)
    throw new AsrError('usage', `recipe "${plan.config.name}" has no text`, 'Name another recipe, or a language.');
  const file = resolve(step.data, plan.config.text.file);
  return { text: plan.config.text, data: step.data, file: existsSync(file) ? file : undefined };
}
