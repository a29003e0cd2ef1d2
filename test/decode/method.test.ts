// What is decoded where a recipe leaves it open: by the model, what it hears, and whether the text has words.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decodeStageConfig } from '../../src/decode/config.js';
import { bootstrapPruning, withMethod } from '../../src/decode/method.js';
import { saveTableEmission } from '../../src/learn/emission.js';
import { textPath } from '../../src/text/folder.js';
import { temporaryFolder } from '../temporary-folder.js';

const network = {
  ...{ kind: 'network', bands: 64, channels: 8, layers: 1, kernel: 3, stride: 1, input: 'vectors' },
  ...{ priorWeight: 1, acousticScale: 1, insertion: 0, minRows: 1, beam: 10, components: 0, mixtureScale: 0 },
  ...{ networkWeight: 1, phones: ['a', '<SIL>'], silence: '<SIL>' },
};

async function folders(kind: string, model: 'network' | 'table', words: boolean) {
  const root = await temporaryFolder();
  const [learn, features, text] = ['learn', 'features', 'text'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [learn, features, text]) await mkdir(folder);
  if (model === 'network') await writeFile(join(learn, 'emission.json'), JSON.stringify(network));
  else await saveTableEmission(learn, { phones: ['a', '<SIL>'], silence: '<SIL>' }, Float32Array.of(-1, -1));
  await writeFile(join(features, 'features.json'), JSON.stringify({ kind }));
  if (words) await writeFile(textPath(text, 'wordLm'), '');
  return { learn, features, text };
}

const open = decodeStageConfig.parse({});

it('decodes words where a run ends with them: a bootstrap behind an encoder, and a text of words', async () => {
  expect(open.method).toBe('auto');
  expect(await withMethod(open, await folders('encoder', 'network', true))).toEqual({
    ...{ ...open, method: 'words' },
    ...bootstrapPruning,
  });
  for (const [kind, model, words] of [
    ['encoder', 'network', false],
    ['encoder', 'table', true],
    ['logmel', 'network', true],
    ['mfcc', 'network', true],
  ] as const)
    expect(await withMethod(open, await folders(kind, model, words)), `${kind} ${model} ${String(words)}`).toEqual({
      ...open,
      method: 'beam',
    });
});

it('leaves a method that is named, and its search, as they are', async () => {
  const named = decodeStageConfig.parse({ method: 'words', beam: 7 });
  expect(await withMethod(named, await folders('encoder', 'network', true))).toEqual(named);
});
