// A repository cloned without Git LFS has texts of three lines where its large files should be: they
// were a damaged sound, two sentences of text, a reference that nothing matched. Whoever reads one says
// what it is, and what fetches the file.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeAudio, streamAudio } from '../../src/audio/decode.js';
import { readModelRecord } from '../../src/bundle/model-folder.js';
import { openCheckpoint } from '../../src/checkpoints/checkpoint.js';
import { readJson, readJsonl, readLines } from '../../src/core/jsonl.js';
import { readNpy } from '../../src/core/npy.js';
import { readWordList } from '../../src/decode/lexicon-file.js';
import { readLm } from '../../src/lm/lm-file.js';
import { loadRecipe } from '../../src/recipe/config.js';
import { loadTranscripts } from '../../src/transcripts/references.js';
import { z } from 'zod';
import { makeSmallModel } from '../transcribe/small-model.js';
import { temporaryFolder } from '../temporary-folder.js';

const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e\nsize 12345\n';
const drain = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of items) void _;
};

const readers: readonly (readonly [string, string, (path: string) => Promise<unknown>])[] = [
  ['sound', 'a.wav', decodeAudio],
  ['sound for ffmpeg', 'a.flac', decodeAudio],
  ['sound in pieces', 'a.opus', (path) => drain(streamAudio(path))],
  ['text and lexica', 'text.txt', (path) => drain(readLines(path))],
  ['packed text', 'text.txt.gz', (path) => drain(readLines(path))],
  ['manifest', 'utterances.jsonl', (path) => drain(readJsonl(path, z.object({})))],
  ['record', 'phones.json', (path) => readJson(path, z.object({}))],
  ['Kaldi references', 'text', loadTranscripts],
  ['references of one recording', 'a.TextGrid', loadTranscripts],
  ['references in a table', 'refs.tsv', loadTranscripts],
  ['array', 'x.npy', readNpy],
  ['ARPA language model', 'lm.arpa', readLm],
  ['binary language model', 'lm.bin', readLm],
  ['list of words', 'words.bin', (path) => readWordList(path, 1, 1)],
  ['weights', 'model.safetensors', openCheckpoint],
  ['pickled weights', 'pytorch_model.bin', openCheckpoint],
  ['index of weights', 'model.safetensors.index.json', openCheckpoint],
  ['recipe', 'recipe.yaml', (path) => loadRecipe(path, [])],
];

describe('a Git LFS pointer in the place of', () => {
  it.each(readers)('%s (%s) is named', async (_, name, read) => {
    const path = join(await temporaryFolder(), name);
    await writeFile(path, pointer);
    await expect(read(path)).rejects.toMatchObject({
      message: expect.stringContaining(`${path}: this is a Git LFS pointer, not the file of 12345 bytes: git lfs pull`),
      hint: expect.stringContaining('git lfs install'),
    });
  });

  it.each(['model.json', 'segments/segmenter.json'])('%s of a model is named', async (name) => {
    const model = join(await temporaryFolder(), 'model');
    await mkdir(model);
    await makeSmallModel(model, { kind: 'table' });
    await writeFile(join(model, name), pointer);
    await expect(readModelRecord(model)).rejects.toMatchObject({
      code: 'model',
      message: expect.stringContaining(`${join(model, name)}: this is a Git LFS pointer`),
    });
  });

  it('nothing is a text that speaks of Git LFS further on', async () => {
    const path = join(await temporaryFolder(), 'text.txt');
    await writeFile(path, `See ${pointer}`);
    await drain(readLines(path));
  });
});
