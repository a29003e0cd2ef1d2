// Two transcriptions at once on one model mixed their words: the generator and the HMM scored every utterance in one
// array, which the other call wrote over while the first one waited. A model that was disposed of twice, or used
// afterwards, said "graph … was disposed".
import { describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { loadModel, type Model } from '../../src/transcribe/model.js';
import { transcribe } from '../../src/transcribe/transcribe.js';
import { temporaryFolder } from '../temporary-folder.js';
import { babble, makeSmallModel, type SmallModelOptions } from '../transcribe/small-model.js';

const kinds: Record<string, SmallModelOptions> = {
  table: { kind: 'table' },
  HMM: { kind: 'hmm' },
  'HMM with silence': { kind: 'hmm', silent: true },
  generator: { kind: 'generator' },
  encoder: { kind: 'table', encoder: true },
  words: { kind: 'hmm', words: true },
};
const recordings = Array.from({ length: 50 }, (_, i) => babble(1.5 + (i % 7) * 0.4, i + 1));

async function open(options: SmallModelOptions): Promise<Model> {
  const folder = join(await temporaryFolder(), 'model');
  await makeSmallModel(folder, options);
  return loadModel(folder, { threads: 1 });
}

describe.each(Object.keys(kinds))('a model of the kind %s', (kind) => {
  it('gives 50 recordings at once what it gives them one after the other, aborts in between', async () => {
    const model = await open(kinds[kind]!);
    const alone = [];
    for (const samples of recordings) alone.push(await transcribe(model, samples));
    expect(new Set(alone.map(({ phones }) => phones.map(({ phone }) => phone).join(' '))).size).toBeGreaterThan(40);
    if (kind === 'words') expect(alone.some(({ words }) => (words?.length ?? 0) > 2)).toBe(true);
    const aborts: Promise<unknown>[] = [];
    const atOnce = await Promise.all(
      recordings.map((samples, i) => {
        if (i % 5 === 0) {
          const abort = new AbortController();
          const onProgress = (): void => {
            abort.abort(new Error('given up'));
          };
          aborts.push(transcribe(model, samples, { signal: abort.signal, onProgress }));
        }
        return transcribe(model, samples);
      }),
    );
    expect((await Promise.allSettled(aborts)).length).toBe(10);
    for (const [i, transcript] of atOnce.entries()) expect(transcript, `recording ${i}`).toEqual(alone[i]);
    await model.dispose();
  });
});

describe('the end of a model', () => {
  it('comes once, after what is going on, and is told in words of the API', async () => {
    const model = await open({});
    const running = Promise.allSettled(recordings.slice(0, 5).map((samples) => transcribe(model, samples)));
    await new Promise((done) => setTimeout(done, 20));
    await model.dispose();
    for (const result of await running)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'usage' });
    await expect(model.dispose()).rejects.toMatchObject({
      code: 'usage',
      message: 'the model was disposed of already',
    });
    await expect(transcribe(model, recordings[0]!)).rejects.toMatchObject({
      code: 'usage',
      message: 'the model was disposed of',
    });
  });

  it('comes by itself with `await using`', async () => {
    let used: Model;
    {
      await using model = await open({});
      used = model;
      await transcribe(model, recordings[0]!);
    }
    await expect(transcribe(used, recordings[0]!)).rejects.toMatchObject({ code: 'usage' });
  });
});
