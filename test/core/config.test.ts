import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mergeTrees, resolveConfig, section } from '../../src/core/config.js';
import { nearestName } from '../../src/core/nearest.js';
import { parseAssignments, parseRecipe } from '../../src/core/config-text.js';
import { AsrError } from '../../src/core/errors.js';

const schema = z.object({
  name: z.string(),
  learn: section({
    seeds: z.number().int().positive().max(64).default(4),
    method: z.enum(['matching', 'gan']).default('gan'),
    gan: section({ updates: z.number().default(100) }),
  }),
  voices: z.array(z.string()).min(1).default(['a', 'b']),
});

function failure(act: () => unknown): AsrError {
  try {
    act();
  } catch (error) {
    if (error instanceof AsrError) return error;
    throw error;
  }
  throw new Error('expected an AsrError');
}

describe('resolveConfig', () => {
  it('fills every default from a recipe that names nothing but itself', () => {
    expect(resolveConfig(schema, [{ name: 'x' }], 'r')).toEqual({
      name: 'x',
      learn: { seeds: 4, method: 'gan', gan: { updates: 100 } },
      voices: ['a', 'b'],
    });
  });

  it('lets later layers win key by key and replaces lists whole', () => {
    const config = resolveConfig(
      schema,
      [{ name: 'x', learn: { seeds: 8 }, voices: ['c'] }, parseAssignments(['learn.gan.updates=7'])],
      'r',
    );
    expect(config).toEqual({ name: 'x', learn: { seeds: 8, method: 'gan', gan: { updates: 7 } }, voices: ['c'] });
  });

  it('names the nearest key for an unknown one, at any depth', () => {
    const top = failure(() => resolveConfig(schema, [{ name: 'x', lern: {} }], 'my.yaml'));
    expect(top.message).toBe('my.yaml: unknown key "lern"');
    expect(top.hint).toBe('Did you mean "learn"?');
    const deep = failure(() => resolveConfig(schema, [{ name: 'x', learn: { gan: { update: 1 } } }], 'my.yaml'));
    expect(deep.message).toContain('"learn.gan.update"');
    expect(deep.hint).toBe('Did you mean "learn.gan.updates"?');
  });

  it.each<[string, object]>([
    ['learn.seeds: expected a number, found "many"', { learn: { seeds: 'many' } }],
    ['learn.seeds: expected a whole number, found 2.5', { learn: { seeds: 2.5 } }],
    ['learn.seeds: expected at most 64, found 1000', { learn: { seeds: 1000 } }],
    ['learn.seeds: expected more than 0, found 0', { learn: { seeds: 0 } }],
    ['learn.method: expected one of matching, gan (perhaps gan), found "ganx"', { learn: { method: 'ganx' } }],
    ['learn: expected fields with values, found 3', { learn: 3 }],
    ["name: expected text, found nothing (empty text is written '')", { name: null }],
    ['name: missing, expected text', { name: undefined }],
    ['voices: expected at least 1 items, found []', { voices: [] }],
  ])('says which value is wrong, what was expected and what was found: %s', (message, tree) => {
    expect(failure(() => resolveConfig(schema, [{ name: 'x', ...tree }], 'r')).message).toBe(`r: ${message}`);
  });

  it('refuses a section that is no mapping', () => {
    expect(failure(() => resolveConfig(schema, [{ name: 'x', learn: 3 }], 'r')).code).toBe('config');
  });
});

describe('parseRecipe and parseAssignments', () => {
  it('takes an empty recipe as no change', () => {
    expect(parseRecipe('# nothing\n', 'r')).toEqual({});
  });

  it('refuses YAML that is broken or a list', () => {
    expect(failure(() => parseRecipe('a: [1', 'r.yaml')).message).toMatch(/^r\.yaml: /);
    expect(failure(() => parseRecipe('- a\n', 'r.yaml')).message).toMatch(/key: value/);
    expect(failure(() => parseRecipe('a: !!js/function b', 'r.yaml')).message).toMatch(/^r\.yaml: Unresolved tag/);
    expect(failure(() => parseRecipe('a: caf\uFFFD', 'r.yaml')).message).toBe('r.yaml: the file is not UTF-8');
  });

  it('reads values as YAML and keeps what comes after the first equals sign', () => {
    expect(parseAssignments(['a.b=3', 'a.c=true', 'd=x=y', 'e=[1, 2]'])).toEqual({
      a: { b: 3, c: true },
      d: 'x=y',
      e: [1, 2],
    });
  });

  it('refuses an assignment without key', () => {
    expect(failure(() => parseAssignments(['=3'])).code).toBe('usage');
  });

  it('merges without touching its inputs', () => {
    const under = { a: { b: 1 } };
    expect(mergeTrees(under, { a: { c: 2 } })).toEqual({ a: { b: 1, c: 2 } });
    expect(under).toEqual({ a: { b: 1 } });
  });

  it('gives no wild guess', () => {
    expect(nearestName('a', ['vad'])).toBeUndefined();
    expect(nearestName('zzzzzz', ['learn', 'text'])).toBeUndefined();
  });
});
