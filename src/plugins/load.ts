// Modules of others in, their definitions in the registry. They are programs with the user's rights: who calls this has
// asked. What one process has loaded, its worker processes load too.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AsrError } from '../core/errors.js';
import { registeredPlugin, registerPlugin, type Plugin } from '../core/plugins.js';
import { stages, type StageEntry } from '../stages.js';
import { pluginApi, type StagePlugin } from './api.js';

/** Paths of modules, as JSON: the way from a run to its workers, here and on a cluster. */
const inherited = 'ASR_PLUGIN_MODULES';

/**
 * @param specifier `./file.js` beside the recipe, an absolute path, or the name of an npm package that it can see
 * @param from the recipe's path, or a folder
 * @throws AsrError 'config' where it leads nowhere
 */
export function modulePath(specifier: string, from: string): string {
  if (specifier.startsWith('.') || isAbsolute(specifier)) {
    const path = resolve(dirname(from), specifier);
    if (existsSync(path)) return path;
    throw new AsrError('config', `${from}: use: no file ${path}`, 'Paths are relative to the recipe.');
  }
  try {
    return createRequire(from).resolve(specifier);
  } catch (error) {
    throw new AsrError(
      'config',
      `${from}: use: no npm package "${specifier}" is installed where the recipe lies`,
      `Install it there: npm install ${specifier}. Files begin with ./`,
      error,
    );
  }
}

const loaded = new Map<string, Promise<readonly Plugin[]>>();

/** @throws AsrError 'config' where a module cannot be loaded or gives no definitions */
export async function loadPlugins(paths: readonly string[]): Promise<Plugin[]> {
  const found: Plugin[] = [];
  for (const path of paths) {
    const loading = loaded.get(path) ?? loadModule(path);
    loaded.set(path, loading);
    found.push(...(await loading));
  }
  if (paths.length > 0) process.env[inherited] = JSON.stringify([...loaded.keys()]);
  return found;
}

/** In a worker: what the process that started it had loaded. */
export async function loadInherited(): Promise<void> {
  const paths: unknown = JSON.parse(process.env[inherited] ?? '[]');
  if (Array.isArray(paths)) await loadPlugins(paths.filter((path) => typeof path === 'string'));
}

async function loadModule(path: string): Promise<readonly Plugin[]> {
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as typeof module;
  } catch (thrown) {
    const reason = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
    const typed = ['.ts', '.mts'].includes(extname(path));
    throw new AsrError(
      'config',
      `${path}: cannot be loaded: ${reason}`,
      typed
        ? 'TypeScript is read by Node 22.18 and later; compile it to JavaScript for older ones.'
        : 'ASR_DEBUG=1 prints where it happened.',
      thrown,
    );
  }
  const given = module.default;
  const made: unknown =
    typeof given === 'function' ? await (given as (api: typeof pluginApi) => unknown)(pluginApi) : given;
  return [made].flat().map((definition) => registerPlugin(definition, path));
}

/** A stage of the program, or one that was registered. */
export function stageNamed(name: string): Pick<StageEntry, 'name' | 'load'> | undefined {
  const own = stages.find((stage) => stage.name === name);
  if (own) return own;
  const plugin = registeredPlugin('stage', name) as StagePlugin | undefined;
  return plugin && { name, load: async () => plugin };
}

/** The folder below which a module of this file counts as the user's own: for `allow-code` in their configuration. */
export const userConfiguration = (env: Readonly<Record<string, string | undefined>>): string =>
  join(env['XDG_CONFIG_HOME'] || join(env['HOME'] ?? '', '.config'), 'asr');
