// Writes the pages that are made from the schemas; run by `npm run docs`, checked by
// test/recipe/configuration-page.test.ts.
import { readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadPlugins } from '../dist/src/plugins/load.js';
import { configurationPage, editorSchema } from '../dist/src/recipe/configuration-page.js';
import { builtInPlugins, pluginSettingsPage } from '../dist/src/recipe/plugin-pages.js';
import { transcriptJsonSchema } from '../dist/src/transcribe/transcript.js';

writeFileSync(new URL('configuration.md', import.meta.url), configurationPage());
writeFileSync(new URL('recipe.schema.json', import.meta.url), `${JSON.stringify(editorSchema(), null, 2)}\n`);
writeFileSync(
  new URL('transcript.schema.json', import.meta.url),
  `${JSON.stringify(transcriptJsonSchema(), null, 2)}\n`,
);

const examples = new URL('../examples/', import.meta.url);
const builtIn = await builtInPlugins();
const modules = [];
for (const file of readdirSync(examples).sort())
  modules.push({ file, plugins: await loadPlugins([fileURLToPath(new URL(file, examples))]) });
writeFileSync(new URL('plugin-settings.md', import.meta.url), pluginSettingsPage(builtIn, modules));
