// What the check says of learning from synthetic speech, before anything is paid for.
import { describe, expect, it } from 'vitest';
import { checkBootstrap } from '../../../src/recipe/check/tools.js';
import { recipeSchema } from '../../../src/recipe/config.js';

const level = (more: object): string =>
  checkBootstrap(recipeSchema.parse({ name: 'x', learn: { method: 'bootstrap' }, ...more })).level;

describe('the check of a bootstrap', () => {
  it('accepts any front end that can be run on new sound, and refuses what learn would refuse', () => {
    const text = { file: 'text.txt', language: 'de' };
    expect(level({ text, features: { kind: 'logmel', normalise: 'none' } })).toBe('ok');
    expect(level({ text, features: { kind: 'onnx', model: 'encoder' } })).toBe('ok');
    expect(level({ text })).toBe('ok');
    expect(level({ text, features: { kind: 'precomputed', folder: 'frames' } })).toBe('problem');
    expect(level({ text: { file: 'text.txt', unit: 'phones' } })).toBe('problem');
    expect(level({ text: { ...text, pronunciation: 'letters' } })).toBe('problem');
  });
});
