// docs/plugin-settings.md: what registers itself by name, from the program and from the modules of examples/, each with
// its settings; and what `asr plugins` prints where no module is named.
import { registeredPlugins, type Plugin, type PluginKind } from '../core/plugins.js';
import { stages } from '../stages.js';
import { pluginPage } from './configuration-page.js';

/** What names one of a kind. */
const namedBy: Readonly<Record<PluginKind, string>> = {
  method: '`learn.method`',
  extractor: '`features.kind`',
  pronouncer: '`text.pronunciation`',
  layout: '`audio.layout`',
  format: '`asr transcribe --format`',
  loss: '`learn.gan.loss`',
  stage: 'itself',
};

/** Of the program; those of modules that were loaded before are among them. */
export async function builtInPlugins(): Promise<Plugin[]> {
  // They are registered where they are written, which is loaded when a stage is.
  await Promise.all([...stages.map(({ load }) => load()), import('../transcribe/formats/table.js')]);
  return registeredPlugins();
}

/** As a table in Markdown, by kind and name. */
export function builtInTable(plugins: readonly Plugin[]): string {
  const rows = plugins
    .map(
      ({ kind, name, version, summary }) =>
        `| ${namedBy[kind]} | \`${name}\` | ${version} | ${summary.replaceAll('|', '\\|')} |`,
    )
    .sort();
  return `| named by | name | version | what it does |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

/** @param modules files of examples/ and what they register */
export function pluginSettingsPage(
  builtIn: readonly Plugin[],
  modules: readonly { readonly file: string; readonly plugins: readonly Plugin[] }[],
): string {
  const examples = modules.flatMap(({ file, plugins }) => [
    `# Of [examples/${file}](../examples/${file})\n`,
    ...plugins.map(pluginPage),
  ]);
  return `# What is registered by name

\`asr plugins\` prints the first table, \`asr plugins MODULE… --allow-code\` a page like the others of any module
([plugins.md](plugins.md)). \`--set plugins.NAME.SETTING=…\` changes a setting, and \`--schema FILE\` writes a JSON
schema of recipes that knows them. This page is made by \`npm run docs\`.

# Of the program
Their settings stand in [configuration.md](configuration.md), in the section of the stage.

${builtInTable(builtIn)}
${examples.join('\n').trimEnd()}
`;
}
