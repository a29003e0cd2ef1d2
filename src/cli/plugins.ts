// `asr plugins [MODULE…]`: what the program, or modules of others, register by name, with every setting; and a schema
// of recipes that knows them.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { AsrError } from '../core/errors.js';
import { emitJson, given, type JsonOption } from './options.js';

interface PluginsOptions extends JsonOption {
  readonly schema?: string;
}

export function addPluginsCommand(program: Command): void {
  program
    .command('plugins')
    .description('what the program and modules of others register by name, and their settings (docs/plugins.md)')
    .argument(
      '[module...]',
      'files (./mine.mjs) or npm packages: programs, which need --allow-code; none: what comes with asr',
    )
    .option('--schema <file>', 'write the JSON schema of recipes with their names and settings, for editors', given)
    .option('--json', 'one line of JSON for each: kind, name, version, summary, settings')
    .action(pluginsCommand);
}

async function pluginsCommand(modules: readonly string[], { schema, json }: PluginsOptions): Promise<void> {
  const { loadPlugins, modulePath } = await import('../plugins/load.js');
  const { requireAllowed } = await import('../recipe/use.js');
  if (modules.length === 0) return listBuiltIn(schema, json);
  const { editorSchema, pluginPage, settingsSchema } = await import('../recipe/configuration-page.js');
  const paths = modules.map((specifier) => modulePath(specifier, resolve('recipe.yaml')));
  requireAllowed(paths, resolve('recipe.yaml'));
  const plugins = await loadPlugins(paths);
  for (const plugin of plugins) {
    const { kind, name, version, summary } = plugin;
    if (json) emitJson({ kind, name, version, summary, settings: settingsSchema(plugin) });
    else process.stdout.write(pluginPage(plugin));
  }
  if (schema === undefined) return;
  const { writeFile } = await import('node:fs/promises');
  await writeFile(schema, `${JSON.stringify(editorSchema(plugins), null, 2)}\n`);
}

/** Their settings stand in the sections of their stages: docs/configuration.md. */
async function listBuiltIn(schema: string | undefined, json: boolean | undefined): Promise<void> {
  if (schema !== undefined)
    throw new AsrError('usage', '--schema without a module', 'Without plug-ins it is docs/recipe.schema.json.');
  const { builtInPlugins, builtInTable } = await import('../recipe/plugin-pages.js');
  const plugins = await builtInPlugins();
  if (!json) process.stdout.write(builtInTable(plugins));
  else for (const { kind, name, version, summary } of plugins) emitJson({ kind, name, version, summary });
}
