// Writes the pages that are made from the schemas; run by `npm run docs`, checked by test/recipe/configuration-page.test.ts.
import { writeFileSync } from 'node:fs';
import { configurationPage, editorSchema } from '../dist/src/recipe/configuration-page.js';

writeFileSync(new URL('configuration.md', import.meta.url), configurationPage());
writeFileSync(new URL('recipe.schema.json', import.meta.url), `${JSON.stringify(editorSchema(), null, 2)}\n`);
