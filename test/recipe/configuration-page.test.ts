import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPlugins } from '../../src/plugins/load.js';
import { configurationPage, editorSchema } from '../../src/recipe/configuration-page.js';
import { builtInPlugins, pluginSettingsPage } from '../../src/recipe/plugin-pages.js';
import { transcriptJsonSchema } from '../../src/transcribe/transcript.js';

const page = (name: string): Promise<string> => readFile(join(import.meta.dirname, '..', '..', 'docs', name), 'utf8');

describe('the pages made from the schemas', () => {
  it('are up to date (otherwise: npm run docs)', async () => {
    // Compared as truth values: a difference would print both pages.
    expect((await page('configuration.md')) === configurationPage(), 'docs/configuration.md').toBe(true);
    expect(
      (await page('recipe.schema.json')) === `${JSON.stringify(editorSchema(), null, 2)}\n`,
      'docs/recipe.schema.json',
    ).toBe(true);
    expect(
      (await page('transcript.schema.json')) === `${JSON.stringify(transcriptJsonSchema(), null, 2)}\n`,
      'docs/transcript.schema.json',
    ).toBe(true);
  });

  it('know what is registered by name, here and in examples/', async () => {
    const builtIn = await builtInPlugins();
    const names = builtIn.map(({ kind, name }) => `${kind} ${name}`);
    expect(names).toEqual(expect.arrayContaining(['method matching', 'extractor mfcc', 'format eaf', 'layout lhotse']));
    const examples = join(import.meta.dirname, '..', '..', 'examples');
    const modules = [];
    for (const file of (await readdir(examples)).sort())
      modules.push({ file, plugins: await loadPlugins([join(examples, file)]) });
    const expected = pluginSettingsPage(builtIn, modules);
    expect((await page('plugin-settings.md')) === expected, 'docs/plugin-settings.md').toBe(true);
    expect(expected).toContain('| `plugins.rank.certainty` | `0.9` | number ≥ 0.5 ≤ 0.99 |');
  });

  it('hold every setting with its default and bounds', async () => {
    const text = configurationPage();
    expect(text).toContain('| `audio.testShare` | `0.1` | number ≥ 0 ≤ 1 |');
    expect(text).toContain('| `vad.energy.floor` | `-75` | number ≥ -200 ≤ 0 | dB of full scale');
    expect(text).toContain('| `name` | required | text |');
    expect(text).not.toContain('undefined');
    // No setting without a word on what it is.
    expect(text.split('\n').filter((line) => /\|\s*\|$/.test(line))).toEqual([]);
  });

  it('lets no unknown key pass in an editor', () => {
    const { properties, additionalProperties } = editorSchema() as {
      properties: Record<string, { additionalProperties?: boolean }>;
      additionalProperties: boolean;
    };
    expect(additionalProperties).toBe(false);
    expect(properties['vad']?.additionalProperties).toBe(false);
  });
});
