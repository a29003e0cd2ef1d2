// A suite: recipes with a budget each, read from YAML. What is compared over time is a series: the same recipe with
// the same settings, whatever the program made of them.
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { isTree, resolveConfig, type ConfigTree } from '../core/config.js';
import { parseRecipe } from '../core/config-text.js';
import { AsrError, withPath } from '../core/errors.js';
import { hashJson } from '../core/fingerprint.js';

export const entrySchema = z.object({
  recipe: z
    .string()
    .min(1)
    .describe('name of a recipe that comes with asr, or the path of a YAML file, relative to the suite'),
  name: z
    .string()
    .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u, 'expected letters, digits, dots, dashes and underscores')
    .optional()
    .describe('names the series; default: the recipe. Two entries of one recipe need two names'),
  minutes: z
    .number()
    .positive()
    .max(100_000)
    .describe('budget of a night for all seeds together, wall time; what is running when it ends is stopped'),
  seeds: z
    .array(
      z
        .number()
        .int()
        .min(-(2 ** 31))
        .max(2 ** 32 - 1),
    )
    .min(1)
    .max(1000)
    .default([1, 2])
    .describe('each is a whole run'),
  set: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('settings that differ from the recipe, as `learn.seeds: 8`'),
  data: z
    .string()
    .optional()
    .describe('folder of the corpus, relative to --corpora; where it is absent the recipe is skipped with a message'),
  measure: z
    .enum(['per', 'wer', 'cer', 'metric'])
    .default('per')
    .describe('what is judged, lower is better; metric = the label-free one, for recipes without references'),
  calibrate: z
    .number()
    .int()
    .nonnegative()
    .max(1000)
    .default(3)
    .describe(
      'degrees of freedom that the seed noise shall be estimated from: while the history has fewer, further seeds ' +
        'are run as long as the budget lasts',
    ),
});

export const suiteSchema = z.object({
  name: z.string().min(1).describe('for people'),
  minutes: z.number().positive().max(100_000).default(60).describe('budgets of all recipes together may not be more'),
  confidence: z
    .number()
    .gt(0.5)
    .lt(1)
    .default(0.99)
    .describe('of calling a recipe worse: at .99 one night of a hundred that is not worse is called so by chance'),
  recipes: z.array(z.unknown()).min(1).max(1000),
});

export type Measure = z.infer<typeof entrySchema>['measure'];

export interface SuiteEntry extends z.infer<typeof entrySchema> {
  readonly name: string;
  /** Equal for results that can be compared. */
  readonly series: string;
}

export interface Suite {
  readonly name: string;
  readonly minutes: number;
  readonly confidence: number;
  readonly entries: readonly SuiteEntry[];
}

/** @throws AsrError 'config' naming the file and the entry, 'usage' when there is no such file */
export async function loadSuite(path: string): Promise<Suite> {
  if (!existsSync(path))
    throw new AsrError(
      'usage',
      `${resolve(path)}: no such suite`,
      'A suite is a YAML file, for instance suites/nightly.yaml; see docs/regress.md.',
    );
  const { name, minutes, confidence, recipes } = resolveConfig(
    suiteSchema,
    [parseRecipe(await readText(path), path)],
    path,
  );
  const entries = recipes.map((entry, i) => readEntry(entry, `${path}: recipes[${i}]`, dirname(resolve(path))));
  const twice = entries.find((entry, i) => entries.slice(0, i).some((other) => other.name === entry.name));
  if (twice)
    throw new AsrError('config', `${path}: two recipes are called "${twice.name}"`, 'Give one of them another `name`.');
  const total = entries.reduce((sum, entry) => sum + entry.minutes, 0);
  if (total > minutes)
    throw new AsrError(
      'config',
      `${path}: the recipes' budgets add up to ${total} minutes, the suite has ${minutes}`,
      'Lower them, or raise `minutes` of the suite.',
    );
  return { name, minutes, confidence, entries };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw withPath(thrown, path);
  }
}

function readEntry(value: unknown, where: string, folder: string): SuiteEntry {
  if (!isTree(value))
    throw new AsrError(
      'config',
      `${where}: expected a mapping with "recipe" and "minutes"`,
      'See suites/nightly.yaml.',
    );
  const entry = resolveConfig(entrySchema, [value], where);
  if (new Set(entry.seeds).size < entry.seeds.length)
    throw new AsrError(
      'config',
      `${where}: a seed appears twice`,
      'A seed repeated gives the same result again and no measure of noise.',
    );
  if ('seed' in entry.set) throw new AsrError('config', `${where}: "seed" is set`, 'Use `seeds`.');
  const name =
    entry.name ??
    entry.recipe
      .split('/')
      .at(-1)
      ?.replace(/\.ya?ml$/u, '') ??
    entry.recipe;
  const ordered: ConfigTree = Object.fromEntries(Object.entries(entry.set).sort(([a], [b]) => (a < b ? -1 : 1)));
  const recipe = /^[\w-]+$/u.test(entry.recipe) ? entry.recipe : resolve(folder, entry.recipe);
  return { ...entry, recipe, name, series: hashJson({ recipe: entry.recipe, set: ordered, measure: entry.measure }) };
}

/** `--set` arguments of an entry. Values are JSON, which is YAML. */
export function assignments({ set }: SuiteEntry): string[] {
  return Object.entries(set).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
}
