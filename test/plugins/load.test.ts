// What a module may give, and what is said of one that gives something else.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { pluginOf, registeredPlugins, registerPlugin, type PluginKind } from '../../src/core/plugins.js';
import { loadPlugins, modulePath } from '../../src/plugins/load.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-plugins-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const module = (name: string, code: string): string => {
  const path = join(folder, name);
  writeFileSync(path, code);
  return path;
};

it('takes a function of the program, one definition or several', async () => {
  const path = module(
    'several.mjs',
    `export default ({ z, defineFormat }) => ['one', 'two'].map((name) => defineFormat({
      name, version: 1, summary: 'x', config: z.object({}), ending: name, joins: true, write: () => name }));`,
  );
  expect((await loadPlugins([path])).map(({ name }) => name)).toEqual(['one', 'two']);
  expect(registeredPlugins('format').map(({ name }) => name)).toEqual(expect.arrayContaining(['srt', 'one', 'two']));
});

it.each([
  ['empty.mjs', 'export const x = 1;', 'gives something that is no plug-in'],
  [
    'old.mjs',
    `export default ({ z }) => ({ kind: 'method', name: 'Nearest', version: 0, summary: 's', config: z.object({}) });`,
    'name: expected small letters',
  ],
  ['throws.mjs', 'throw new Error("no licence");', 'cannot be loaded: no licence'],
  ['broken.mjs', 'export default (', 'cannot be loaded'],
])('says what is wrong with %s', async (name, code, message) => {
  await expect(loadPlugins([module(name, code)])).rejects.toThrow(message);
});

it('holds the built-in ways by the same definitions, and lets no module take their names', async () => {
  const names = (kind: PluginKind): string[] => registeredPlugins(kind).map(({ name }) => name);
  expect(names('method')).toEqual(expect.arrayContaining(['matching', 'gan', 'bootstrap']));
  expect(names('extractor')).toEqual(expect.arrayContaining(['mfcc', 'logmel', 'encoder', 'onnx']));
  expect(names('pronouncer')).toEqual(expect.arrayContaining(['espeak', 'lexicon', 'learned', 'letters']));
  expect(names('layout')).toEqual(expect.arrayContaining(['folder', 'kaldi', 'audiofolder']));
  const path = module(
    'matching.mjs',
    `export default ({ z, defineMethod }) => defineMethod({
      name: 'matching', version: 1, summary: 'x', config: z.object({}), train: async () => [] });`,
  );
  await expect(loadPlugins([path])).rejects.toThrow(
    /registers the method matching a second time; the first comes with/,
  );
});

it('finds packages where the recipe lies, and says how to install those that are not there', () => {
  expect(() => modulePath('no-such-package-of-ours', join(folder, 'recipe.yaml'))).toThrow(/no npm package/);
  expect(modulePath('./empty.mjs', join(folder, 'recipe.yaml'))).toBe(join(folder, 'empty.mjs'));
});

it('keeps names apart, and names the nearest', () => {
  const own = { kind: 'method', name: 'nearest', version: 1, summary: 's', config: z.object({}) };
  registerPlugin(own, 'a');
  expect(() => registerPlugin({ ...own, version: 2 }, 'b')).toThrow('b: registers the method nearest a second time');
  expect(() => pluginOf('method', { name: 'neares', version: 1, settings: {} })).toThrow(/was not loaded/);
});
