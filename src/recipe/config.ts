// The whole configuration as one typed object: every stage's section with its defaults. A recipe is a diff against it.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { audioConfig } from '../audio/config.js';
import { bundleConfig } from '../bundle/config.js';
import { rightsSchema } from '../bundle/rights.js';
import { clustersConfig } from '../clusters/config.js';
import { mergeTrees, resolveConfig, type ConfigTree } from '../core/config.js';
import { parseAssignments, parseRecipe } from '../core/config-text.js';
import { refuseLfsPointer } from '../core/lfs-pointer.js';
import type { Plugin } from '../core/plugins.js';
import { computeSchema } from '../core/stage.js';
import { decodeStageConfig } from '../decode/config.js';
import { executorConfig } from '../executor/config.js';
import { featuresConfig } from '../features/config.js';
import { learnConfig } from '../learn/config.js';
import { reportConfig } from '../report/config.js';
import { scoreConfig } from '../score/config.js';
import { segmentsConfig } from '../segments/config.js';
import { selftrainConfig } from '../selftrain/config.js';
import { textConfig } from '../text/config.js';
import { vadConfig } from '../vad/config.js';
import { applyPlugins, preparePattern } from './use.js';

export const recipeSchema = z.object({
  name: z
    .string()
    .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u, 'expected letters, digits, dots, dashes and underscores')
    .describe('names the run folder'),
  data: z
    .string()
    .default('')
    .describe(
      'folder of the corpus, relative to the recipe; --data comes first, and relative paths of the recipe start there',
    ),
  seed: z
    .number()
    .int()
    .min(-(2 ** 31))
    .max(2 ** 32 - 1)
    .default(1)
    .describe('every random number follows from it'),
  compute: computeSchema.prefault({}),
  executor: executorConfig.prefault({}),
  use: z
    .array(z.string().min(1).max(1000))
    .max(100)
    .default([])
    .describe(
      'modules that register methods, extractors, pronouncers, layouts, formats or stages: files beside the recipe ' +
        '(./mine.js) or npm packages; they are programs, and need --allow-code (docs/plugins.md)',
    ),
  plugins: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .default({})
    .describe('settings of what those modules register, by its name'),
  prepare: z
    .string()
    .regex(preparePattern, 'expected the name of a JavaScript module beside the recipe')
    .default('')
    .describe('a program beside the recipe that makes its corpus (docs/recipes.md); empty = none is run'),
  corpus: z.record(z.string(), z.unknown()).default({}).describe("settings of the recipe's own prepare step"),
  rights: rightsSchema.optional().describe('sources of sound and text, licences, consent (docs/groups.md)'),
  audio: audioConfig.prefault({}),
  vad: vadConfig.prefault({}),
  features: featuresConfig.prefault({}),
  text: textConfig.prefault({}),
  segments: segmentsConfig.prefault({}),
  clusters: clustersConfig.prefault({}),
  learn: learnConfig.prefault({}),
  decode: decodeStageConfig.prefault({}),
  selftrain: selftrainConfig.prefault({}),
  score: scoreConfig.prefault({}),
  bundle: bundleConfig.prefault({}),
  report: reportConfig.prefault({}),
});

export type RecipeConfig = z.infer<typeof recipeSchema>;

/**
 * @param assignments `key=value` strings of `--set`, which come last
 * @param allowCode modules that the recipe uses may be loaded
 * @throws AsrError 'config'; 'usage' where it uses modules that nobody has allowed
 */
export async function readRecipe(
  yamlPath: string,
  assignments: readonly string[],
  allowCode = false,
): Promise<LoadedRecipe> {
  const text = await readFile(yamlPath, 'utf8');
  refuseLfsPointer(text, yamlPath, 'config');
  const recipe = parseRecipe(text, yamlPath);
  const { tree, plugins } = await applyPlugins(mergeTrees(recipe, parseAssignments(assignments)), yamlPath, allowCode);
  return { config: resolveConfig(recipeSchema, [tree], yamlPath), plugins };
}

/** As readRecipe, for whoever wants the settings alone. */
export const loadRecipe = async (yamlPath: string, assignments: readonly string[]): Promise<RecipeConfig> =>
  (await readRecipe(yamlPath, assignments)).config;

export interface LoadedRecipe {
  readonly config: RecipeConfig;
  /** What the modules of `use` registered. */
  readonly plugins: readonly Plugin[];
}

/** The section of one stage. */
export function stageConfig(config: RecipeConfig, stage: string): ConfigTree {
  const section = (config as unknown as Record<string, ConfigTree | undefined>)[stage] ?? {};
  return stage === 'bundle' && config.rights !== undefined ? { ...section, rights: config.rights } : section;
}
