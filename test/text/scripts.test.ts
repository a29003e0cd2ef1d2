import { expect, it } from 'vitest';
import { languageScripts, otherScriptTest } from '../../src/text/scripts.js';

it('knows the scripts of voices', () => {
  expect(languageScripts('es-419')).toEqual(['Latin']);
  expect(languageScripts('ru')).toEqual(['Cyrillic']);
  expect(languageScripts('sr')).toEqual(['Cyrillic', 'Latin']);
  expect(languageScripts('fa-latn')).toEqual(['Latin']);
  expect(languageScripts('ja')).toContain('Han');
});

it('finds letters of another script, and only those', () => {
  const spanish = otherScriptTest('es');
  expect(['niño', 'co-op', '25', "l'eau", 'e\u0301'].map(spanish)).toEqual([false, false, false, false, false]);
  expect(['привет', '你好', 'abcд', 'مرحبا'].map(spanish)).toEqual([true, true, true, true]);
  expect(otherScriptTest('ru')('привет')).toBe(false);
  expect(otherScriptTest('ru')('windows')).toBe(true);
  expect(otherScriptTest('hi')('नमस्ते')).toBe(false);
});
