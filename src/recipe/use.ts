// `use`, `prepare` and `learn.bootstrap.sources` in a recipe name programs: may they run? And which modules of `use` do
// the recipe's settings mean? Settings that name a plug-in are rewritten into what a stage's configuration holds: name,
// version and settings with their defaults.
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { isTree, mergeTrees, resolveConfig, type ConfigTree } from '../core/config.js';
import { AsrError } from '../core/errors.js';
import { didYouMean } from '../core/nearest.js';
import { byPlugin, type Plugin, type PluginKind } from '../core/plugins.js';
import { loadPlugins, modulePath, userConfiguration } from '../plugins/load.js';
import { locateRecipe } from './locate.js';

/** Where a recipe may name a plug-in: sections, and the key in the last of them. */
const places: readonly (readonly [PluginKind, readonly string[], string])[] = [
  ['method', ['learn'], 'method'],
  ['loss', ['learn', 'gan'], 'loss'],
  ['extractor', ['features'], 'kind'],
  ['pronouncer', ['text'], 'pronunciation'],
  ['layout', ['audio'], 'layout'],
];

const permission = 'ASR_ALLOW_CODE';
/** The person at the keyboard has said --allow-code: for the rest of this process, and those that it starts. */
export function permitCode(): void {
  process.env[permission] = '1';
}

/** The name of a module beside the recipe, or none. */
export const preparePattern = /^(?!\.)[\w.-]+\.m?js$|^$/;

const listSchema = z.array(z.string().min(1).max(1000)).max(100).default([]);
const pluginsSchema = z.record(z.string(), z.record(z.string(), z.unknown())).default({});

/** @returns the tree as the schema of recipes takes it, and what was registered by its modules */
export async function applyPlugins(
  tree: ConfigTree,
  yamlPath: string,
  allowed = false,
): Promise<{ tree: ConfigTree; plugins: readonly Plugin[] }> {
  const list = listSchema.safeParse(tree['use']);
  const own = pluginsSchema.safeParse(tree['plugins']);
  if (!list.success || !own.success) return { tree, plugins: [] }; // the recipe's schema says what is wrong
  const paths = list.data.map((specifier) => modulePath(specifier, yamlPath));
  requireAllowed([...paths, ...preparePath(tree, yamlPath), ...sourceCommands(tree)], yamlPath, allowed);
  const plugins = await loadPlugins(paths);
  const names = plugins.map(({ name }) => name);
  const unknown = Object.keys(own.data).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new AsrError(
      'config',
      `${yamlPath}: plugins.${unknown}: no module of \`use\` registers that name`,
      didYouMean(unknown, names, `Registered are: ${names.join(', ') || 'none'}.`),
    );
  let changed = tree;
  for (const [kind, sections, key] of places) {
    const part = sections.reduce<unknown>((under, section) => (isTree(under) ? under[section] : undefined), tree);
    const name = namedIn(part, key);
    const plugin = plugins.find((one) => one.kind === kind && one.name === name);
    if (!plugin) continue;
    const filled: ConfigTree = { [key]: byPlugin, plugin: settingOf(plugin, own.data, yamlPath) };
    changed = mergeTrees(
      changed,
      sections.reduceRight<ConfigTree>((inner, section) => ({ [section]: inner }), filled),
    );
  }
  return { tree: changed, plugins };
}

/** @throws AsrError 'config' for a setting that the plug-in does not have, with the nearest */
export function settingOf(
  plugin: Plugin,
  own: Readonly<Record<string, ConfigTree>>,
  where: string,
): { name: string; version: number; settings: ConfigTree } {
  const settings = resolveConfig(plugin.config, [own[plugin.name] ?? {}], `${where}: plugins.${plugin.name}`);
  return { name: plugin.name, version: plugin.version, settings };
}

/** The program that makes the corpus, unless it came with asr; a name that cannot be one is left to the schema. */
function preparePath(tree: ConfigTree, yamlPath: string): string[] {
  const name = tree['prepare'];
  if (typeof name !== 'string' || name === '' || !preparePattern.test(name)) return [];
  if (locateRecipe(yamlPath).own !== undefined) return [];
  const path = join(dirname(yamlPath), name);
  return existsSync(path) ? [path] : [];
}

/** Commands of `learn.bootstrap.sources`; what cannot be one is left to the schema. */
function sourceCommands(tree: ConfigTree): string[] {
  const list = ['learn', 'bootstrap', 'sources'].reduce<unknown>((at, key) => (isTree(at) ? at[key] : undefined), tree);
  if (!Array.isArray(list)) return [];
  return list.flatMap((source: unknown) =>
    isTree(source) && typeof source['command'] === 'string' ? [source['command']] : [],
  );
}

/** @throws AsrError 'usage' where a recipe names programs that nobody has allowed, with their paths */
export function requireAllowed(paths: readonly string[], yamlPath: string, allowed = false): void {
  if (paths.length === 0 || allowed || process.env[permission] === '1' || isTrusted(paths, yamlPath)) return;
  throw new AsrError(
    'usage',
    `${yamlPath}: names programs that would run with your rights: ${paths.join(', ')}`,
    `Read them. Then add --allow-code, or a line with the path of the recipe or its folder to ${trustFile()}.`,
  );
}

/** The name in a recipe; in the configuration that a run saved, what was filled in. */
function namedIn(part: unknown, key: string): string | undefined {
  if (!isTree(part)) return undefined;
  const filled = isTree(part['plugin']) ? part['plugin']['name'] : undefined;
  const name = part[key] === byPlugin ? filled : part[key];
  return typeof name === 'string' ? name : undefined;
}

const trustFile = (): string => join(userConfiguration(process.env), 'allow-code');

/** Lines of the user's own file are recipes, modules or folders of them. */
function isTrusted(paths: readonly string[], yamlPath: string): boolean {
  if (!existsSync(trustFile())) return false;
  const real = (path: string): string => {
    try {
      return realpathSync(path);
    } catch {
      return path;
    }
  };
  const lines = readFileSync(trustFile(), 'utf8')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(real);
  const within = (path: string): boolean =>
    lines.some((line) => real(path) === line || real(path).startsWith(join(line, '/')));
  return within(yamlPath) || paths.every(within);
}
