import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configurationPage, editorSchema } from '../../src/recipe/configuration-page.js';
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
