// Finds recipes: by name among those that come with the program, or by path to a YAML file or its folder.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AsrError } from '../core/errors.js';
import { didYouMean } from '../core/nearest.js';

/** The folder of package.json: two levels up from here in the sources, three in the build. */
const packageRoot = findRoot(dirname(fileURLToPath(import.meta.url)));
const recipesFolder = join(packageRoot, 'recipes');

function findRoot(from: string): string {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
  }
  return from;
}

/** A file that belongs to a recipe of the program. */
export function recipeFile(recipe: string, file: string): string {
  return join(recipesFolder, recipe, file);
}

export interface RecipeLocation {
  readonly yaml: string;
  /** The name of a recipe that came with the program. */
  readonly own: string | undefined;
}

/** @throws AsrError 'usage' when there is no such recipe, with the nearest name */
export function locateRecipe(nameOrPath: string): RecipeLocation {
  const named = join(recipesFolder, nameOrPath, 'recipe.yaml');
  if (/^[\w-]+$/.test(nameOrPath) && existsSync(named)) return { yaml: named, own: nameOrPath };
  const path = resolve(nameOrPath);
  const yaml = existsSync(path) && statSync(path).isDirectory() ? join(path, 'recipe.yaml') : path;
  if (!existsSync(yaml)) {
    const names = recipeNames();
    throw new AsrError(
      'usage',
      `no recipe "${nameOrPath}"`,
      didYouMean(nameOrPath, names, `Recipes here: ${names.join(', ')}; or give the path of a YAML file.`),
    );
  }
  const name = basename(dirname(yaml));
  return { yaml, own: yaml === join(recipesFolder, name, 'recipe.yaml') ? name : undefined };
}

/** The compiled module that makes the corpus of a recipe of the program. */
export function ownPrepare(recipe: string): string {
  const compiled = join(packageRoot, 'dist', 'recipes', recipe, 'prepare.js');
  return runsTypeScript && !existsSync(compiled) ? join(recipesFolder, recipe, 'prepare.ts') : compiled;
}

/** Under a test runner the sources are run as they are. */
const runsTypeScript = import.meta.url.endsWith('.ts');

export function recipeNames(): string[] {
  if (!existsSync(recipesFolder)) return [];
  return readdirSync(recipesFolder)
    .filter((name) => existsSync(join(recipesFolder, name, 'recipe.yaml')))
    .sort();
}
