// What the program does in several ways, and what others add: a registry of definitions by kind and name, and the
// setting by which a recipe's resolved configuration says which one is meant. Built-in ways are registered where they
// are written; who loads the modules of others is src/plugins/.
import { z } from 'zod';
import { checked } from './checked.js';
import { AsrError } from './errors.js';
import { didYouMean } from './nearest.js';

export const pluginKinds = ['method', 'extractor', 'pronouncer', 'layout', 'format', 'loss', 'stage'] as const;
export type PluginKind = (typeof pluginKinds)[number];

/** What every definition says of itself; each kind adds the function that does its work. */
export interface Plugin<K extends PluginKind = PluginKind, S extends z.ZodObject = z.ZodObject> {
  readonly kind: K;
  /** As recipes name it: small letters, digits, dashes. */
  readonly name: string;
  /** Raised when the same settings would now give other bytes; part of the fingerprint of what it made. */
  readonly version: number;
  /** One line for people. */
  readonly summary: string;
  /** Settings, with a default each; in a recipe below `plugins.<name>`. */
  readonly config: S;
}

/**
 * A define function: it adds the kind. What a definition of that kind holds stands in the type that the function is
 * exported with, so that a literal is checked against its own schema.
 */
export const definer =
  <K extends PluginKind>(kind: K) =>
  <D extends object>(definition: D): D & { readonly kind: K } => ({ kind, ...definition });

/** Of ways whose settings stand in the stage's own section. */
export const noSettings = z.object({});

/** In a stage's configuration where a plug-in does its work. */
export const pluginSetting = z
  .object({
    name: z.string(),
    version: z.number().int().positive().max(1e6),
    settings: z.record(z.string(), z.unknown()),
  })
  .optional()
  .describe('filled in where a module of `use` registers what is named; its settings stand below `plugins`');
export type PluginSetting = z.infer<typeof pluginSetting>;

/** The value that stands for "see plugin" in a setting that names a built-in way. */
export const byPlugin = 'plugin';

const head = z.object({
  kind: z.enum(pluginKinds),
  name: z
    .string()
    .max(64)
    .regex(/^[a-z][a-z0-9-]*$/, 'expected small letters, digits and dashes'),
  version: z.number().int().positive().max(1e6),
  summary: z.string().min(1),
  config: z.custom<z.ZodObject>(
    (value) => value instanceof z.ZodObject,
    'expected a schema made with z.object, by the z that the module was given',
  ),
});

const registry = new Map<string, { readonly plugin: Plugin; readonly from: string }>();
/** Where the built-in ways come from. */
const itself = 'asr';
const keyOf = (kind: PluginKind, name: string): string => `${kind} ${name}`;

/**
 * @param from the module, for errors.
 * @throws AsrError 'config' when it is no definition, or its name is taken by another
 */
export function registerPlugin(definition: unknown, from: string): Plugin {
  const refuse = (problems: string): AsrError =>
    new AsrError(
      'config',
      `${from}: gives something that is no plug-in (${problems})`,
      'Make it with one of the define functions (docs/plugins.md).',
    );
  checked(head, definition, refuse, 'it');
  const plugin = definition as Plugin;
  const key = keyOf(plugin.kind, plugin.name);
  const before = registry.get(key);
  const others = before && (before.from === itself) !== (from === itself);
  if (others || (before && before.plugin.version !== plugin.version))
    throw new AsrError(
      'config',
      `${from === itself ? before.from : from}: registers the ${key} a second time` +
        `${others ? '; the first comes with asr' : ''}`,
      'Give one of them another name.',
    );
  registry.set(key, { plugin, from });
  return plugin;
}

/** The ways that come with the program, by the same definitions. */
export function registerBuiltIn(definitions: readonly Plugin[]): void {
  for (const definition of definitions) registerPlugin(definition, itself);
}

export const registeredPlugins = (kind?: PluginKind): Plugin[] =>
  [...registry.values()].map(({ plugin }) => plugin).filter((plugin) => kind === undefined || plugin.kind === kind);

export const registeredPlugin = (kind: PluginKind, name: string): Plugin | undefined =>
  registry.get(keyOf(kind, name))?.plugin;

/**
 * The definition that a stage's configuration means, with its settings.
 * @param name as the configuration has it: of a built-in way, or `plugin`
 * @param own settings of a built-in way
 * @throws AsrError as pluginOf
 */
export function chosenWay<P extends Plugin>(
  kind: P['kind'],
  name: string,
  setting: PluginSetting,
  own: Readonly<Record<string, unknown>> = {},
): { readonly way: P; readonly settings: z.infer<P['config']> } {
  const builtIn = name === byPlugin ? undefined : registeredPlugin(kind, name);
  if (builtIn) return { way: builtIn as P, settings: own as z.infer<P['config']> };
  const plugin = pluginOf<P>(kind, setting ?? { name, version: 1, settings: {} });
  return { way: plugin, settings: settingsOf(plugin, setting) as z.infer<P['config']> };
}

/**
 * The definition that a stage's configuration means.
 * @throws AsrError 'dependency' where its module was not loaded
 */
export function pluginOf<P extends Plugin>(kind: P['kind'], setting: PluginSetting): P {
  const plugin = setting && registeredPlugin(kind, setting.name);
  if (plugin) return plugin as P;
  const names = registeredPlugins(kind).map(({ name }) => name);
  throw new AsrError(
    'dependency',
    `the ${kind} "${setting?.name ?? ''}" is made by a plug-in that was not loaded`,
    didYouMean(setting?.name ?? '', names, 'Name its module: `use` in the recipe, or --use MODULE.'),
  );
}

/**
 * Checked against the definition's own schema, once more: a configuration may come from a file.
 * @throws AsrError 'config' with what is wrong with each
 */
export function settingsOf<S extends z.ZodObject>(plugin: Plugin<PluginKind, S>, setting: PluginSetting): z.infer<S> {
  const refuse = (problems: string): AsrError =>
    new AsrError(
      'config',
      `settings of the ${plugin.kind} "${plugin.name}": ${problems}`,
      'Mend them where the plug-in is named, or load the version of the module that they were written for.',
    );
  return checked(plugin.config, setting?.settings ?? {}, refuse);
}
