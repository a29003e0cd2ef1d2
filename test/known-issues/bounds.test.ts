// Numbers without bounds: `decode.nbest: 1e9` or a window of a billion samples was taken, and ended in hours or out of
// memory. Every number of every schema that a person writes has a least and a largest value, and every list of numbers,
// each of which is tried, a largest length.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AsrError } from '../../src/core/errors.js';
import { resolveConfig } from '../../src/core/config.js';
import { pretrainConfig } from '../../src/pretrain/config.js';
import { recipeSchema } from '../../src/recipe/config.js';
import { loadRecipe } from '../../src/recipe/config.js';
import { locateRecipe, recipeNames } from '../../src/recipe/locate.js';
import type { StageDefinition } from '../../src/core/stage.js';

type JsonSchema = Readonly<Record<string, unknown>>;

interface Found {
  readonly path: string;
  readonly least: number;
  readonly most: number;
}

/** All numbers below a schema, wherever it nests. */
function* numbersOf(schema: unknown, path: string): Generator<Found> {
  if (typeof schema !== 'object' || schema === null) return;
  const node = schema as JsonSchema;
  if (node['type'] === 'number' || node['type'] === 'integer') {
    const bound = (...keys: string[]): number => Number(keys.map((key) => node[key]).find((one) => one !== undefined));
    yield { path, least: bound('minimum', 'exclusiveMinimum'), most: bound('maximum', 'exclusiveMaximum') };
  }
  for (const [key, inner] of Object.entries(node)) {
    if (key === 'properties')
      for (const [name, one] of Object.entries(inner as JsonSchema)) yield* numbersOf(one, `${path}.${name}`);
    else if (Array.isArray(inner)) for (const one of inner) yield* numbersOf(one, path);
    else if (key !== 'default') yield* numbersOf(inner, path);
  }
}

/** What zod writes for an integer that nobody bounded. */
const unbounded = (value: number): boolean => !Number.isFinite(value) || Math.abs(value) === Number.MAX_SAFE_INTEGER;

const schemas: [string, z.ZodType][] = [
  ['recipe', recipeSchema],
  ['pretrain', pretrainConfig],
];
for (const name of recipeNames()) {
  const module = (await import(`../../recipes/${name}/prepare.ts`).catch(() => ({}))) as {
    prepareStage?: StageDefinition;
  };
  if (module.prepareStage) schemas.push([name, module.prepareStage.config]);
}

describe('every number of the configuration has a range', () => {
  it.each(schemas)('%s', (name, schema) => {
    const numbers = [...numbersOf(z.toJSONSchema(schema, { io: 'input' }), name)];
    if (name === 'recipe') expect(numbers.length).toBeGreaterThan(200);
    const missing = numbers.filter(({ least, most }) => unbounded(least) || unbounded(most));
    expect(missing.map(({ path }) => path)).toEqual([]);
    for (const { path, least, most } of numbers) expect(least, path).toBeLessThan(most);
  });

  it('covers the prepare steps of the recipes that come along', () => {
    expect(schemas.length).toBeGreaterThan(10);
  });

  it.each([
    ['decode', 'nbest', 1e9],
    ['decode', 'beam', 1e9],
    ['vad', 'maxSeconds', 1e12],
    ['segments', 'maxFrames', 1e9],
    ['clusters', 'sampleRows', 1e12],
    ['learn', 'seeds', 1e9],
    ['vad', 'maxSeconds', -1],
  ])('%s.%s = %d is refused by name', (stage, key, value) => {
    const wrong = (): unknown => resolveConfig(recipeSchema, [{ name: 'x', [stage]: { [key]: value } }], 'x.yaml');
    expect(wrong).toThrow(AsrError);
    expect(wrong).toThrow(`${stage}.${key}`);
  });
});

it('takes what the recipes of the program say', async () => {
  for (const name of recipeNames()) expect((await loadRecipe(locateRecipe(name).yaml, [])).name).toBe(name);
});
