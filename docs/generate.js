// Writes the pages that are made from the schemas; run by `npm run docs`, checked by
// test/recipe/configuration-page.test.ts.
import { writeFileSync } from 'node:fs';
import { configurationPage, editorSchema } from '../dist/src/recipe/configuration-page.js';
import { transcriptJsonSchema } from '../dist/src/transcribe/transcript.js';

writeFileSync(new URL('configuration.md', import.meta.url), configurationPage());
writeFileSync(new URL('recipe.schema.json', import.meta.url), `${JSON.stringify(editorSchema(), null, 2)}\n`);
writeFileSync(
  new URL('transcript.schema.json', import.meta.url),
  `${JSON.stringify(transcriptJsonSchema(), null, 2)}\n`,
);
