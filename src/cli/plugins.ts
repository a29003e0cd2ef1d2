// `asr plugins MODULE…`: what modules of others register, with every setting; and a schema of recipes that knows them.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { emitJson, given, type JsonOption } from './options.js';

interface PluginsOptions extends JsonOption {
  readonly schema?: string;
}

export function addPluginsCommand(program: Command): void {
  program
    .command('plugins')
    .description('what modules of others register, and their settings (docs/plugins.md)')
    .argument('<module...>', 'files (./mine.mjs) or npm packages: programs, which need --allow-code')
    .option('--schema <file>', 'write the JSON schema of recipes with their names and settings, for editors', given)
    .option('--json', 'one line of JSON for each: kind, name, version, summary, settings')
    .action(pluginsCommand);
}

async function pluginsCommand(modules: readonly string[], { schema, json }: PluginsOptions): Promise<void> {
  const { loadPlugins, modulePath } = await import('../plugins/load.js');
  const { requireAllowed } = await import('../recipe/use.js');
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
