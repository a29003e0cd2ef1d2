// The segments stage on real small folders: both methods, the rate taken from the text, bad utterances, and the
// loader giving back exactly what the stage wrote.
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { AsrError } from '../../src/core/errors.js';
import { readJsonl } from '../../src/core/jsonl.js';
import { boundariesSchema } from '../../src/core/records.js';
import { ShardReader } from '../../src/core/shards.js';
import { readSegmenterModel, segmenterFiles } from '../../src/segments/model.js';
import { loadSegmenter } from '../../src/segments/segmenter.js';
import { segmentsStage } from '../../src/segments/stage.js';
import {
  compute,
  dim,
  finishedInputs,
  makeUtterances,
  run,
  type Inputs,
  type MadeUtterance,
} from './finished-inputs.js';

const boundaries = async (path: string): Promise<Map<string, number[]>> => {
  const byId = new Map<string, number[]>();
  for await (const { id, ends } of readJsonl(path, boundariesSchema)) byId.set(id, ends);
  return byId;
};
const from = ({ vad, features, text }: Inputs): Record<string, string> => ({ vad, features, text });

/** Copies only the model's files, as a bundle does, and segments everything again. */
async function expectLoaderAgrees(stageFolder: string, inputs: Inputs): Promise<void> {
  const copy = join(stageFolder, 'copy');
  await mkdir(copy);
  for (const file of await segmenterFiles(stageFolder)) await cp(join(stageFolder, file), join(copy, file));
  const segmenter = await loadSegmenter(copy, compute);
  const written = await boundaries(join(stageFolder, 'boundaries.jsonl'));
  const pooled = await ShardReader.open(join(stageFolder, 'pooled'));
  expect(segmenter.columns).toBe(pooled.columns);
  for (const { id, data, rows } of inputs.utterances) {
    const again = await segmenter.segment(data, rows);
    expect([...again.ends]).toEqual(written.get(id));
    const item = await pooled.read(id);
    expect(again.segments).toBe(item.rows);
    expect(again.pooled).toEqual(item.data);
  }
  await pooled.close();
  await segmenter.dispose();
}

describe('segments stage, dp', () => {
  let inputs: Inputs;
  beforeAll(async () => {
    inputs = await finishedInputs(makeUtterances(50));
  });

  it('finds the true steps at the rate of the text', async () => {
    // 1,000 phones in 50 sentences are 20 a sentence, as many as there are steps in an utterance.
    const out = join(inputs.folder, 'dp');
    const record = await run(segmentsStage, from(inputs), out, { rateRatio: 1, coefficients: dim });
    expect(record.counts.utterances).toBe(50);
    expect(record.counts.segments! / 1000).toBeCloseTo(1, 1);
    const found = await boundaries(join(out, 'boundaries.jsonl'));
    const exact = inputs.utterances.filter(({ id, ends }) => ends.join() === found.get(id)!.join());
    expect(exact.length).toBeGreaterThanOrEqual(45);
    await expectLoaderAgrees(out, inputs);
  });

  it('follows phoneRate instead of the text, within 2 % on what it was fitted on', async () => {
    const record = await run(segmentsStage, from(inputs), join(inputs.folder, 'rate'), {
      rateRatio: 1.1,
      phoneRate: 20,
    });
    expect(record.counts.phonesPerSecond).toBe(20);
    expect(record.counts.segmentsPerSecond! / 22).toBeCloseTo(1, 1);
  });

  it('weighs coefficients by the deviations that the features stage took out', async () => {
    const weighed = await finishedInputs(makeUtterances(10));
    const path = join(weighed.features, 'features.json');
    const info = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...info, deviations: [16, 4, 4, 1, 1, 1] }));
    const out = join(weighed.folder, 'segments');
    await run(segmentsStage, from(weighed), out, { coefficients: 4 });
    expect(await readSegmenterModel(out)).toMatchObject({ weights: [1, 0.5, 0.5, 0.25], vectors: { columns: dim } });
    await expectLoaderAgrees(out, weighed);
  });

  it('writes the same bytes again', async () => {
    const [a, b] = [join(inputs.folder, 'a'), join(inputs.folder, 'b')];
    for (const out of [a, b]) await run(segmentsStage, from(inputs), out);
    for (const file of ['boundaries.jsonl', 'segmenter.json', 'pooled/00000.npy']) {
      expect(await readFile(join(a, file))).toEqual(await readFile(join(b, file)));
    }
  });

  it('keeps one-frame utterances, leaves out empty and broken ones by name', async () => {
    const odd: MadeUtterance[] = [
      { id: 'one', split: 'train', data: new Float32Array(dim).fill(1), rows: 1, ends: [1] },
      { id: 'none', split: 'train', data: new Float32Array(0), rows: 0, ends: [] },
      { id: 'broken', split: 'test', data: new Float32Array(dim * 9).fill(NaN), rows: 9, ends: [9] },
    ];
    const with3 = await finishedInputs([...odd, ...makeUtterances(10)]);
    const out = join(with3.folder, 'segments');
    const record = await run(segmentsStage, from(with3), out);
    expect(record.skipped).toBe(2);
    const found = await boundaries(join(out, 'boundaries.jsonl'));
    expect(found.get('one')).toEqual([1]);
    expect(found.size).toBe(11);
    const skipped = await readFile(join(out, 'skipped.jsonl'), 'utf8');
    expect(skipped).toContain('"none"');
    expect(skipped).toContain('"broken"');
  });

  it('says what to do when the text is empty or no one speaks', async () => {
    const noText = await finishedInputs(makeUtterances(5), { sentences: 0, phones: 0 });
    await expect(run(segmentsStage, from(noText), join(noText.folder, 'out'))).rejects.toThrow(/0 sentences/);
    const noTrain = await finishedInputs(makeUtterances(5).map((u) => ({ ...u, split: 'test' as const })));
    await expect(run(segmentsStage, from(noTrain), join(noTrain.folder, 'out'))).rejects.toThrow(AsrError);
    await expect(
      run(segmentsStage, from(inputs), join(inputs.folder, 'bad'), { minFrames: 10, maxFrames: 12 }),
    ).rejects.toThrow(/at least|leave lengths/);
  });
});

describe('segments stage, runs', () => {
  let inputs: Inputs;
  beforeAll(async () => {
    inputs = await finishedInputs(makeUtterances(50));
  });

  it('cuts at cluster changes, pools neighbours, and keeps both with their ends', async () => {
    const out = join(inputs.folder, 'runs');
    const record = await run(segmentsStage, from(inputs), out, { method: 'runs', runs: { clusters: 12, pca: 4 } });
    expect(record.counts.utterances).toBe(50);
    const unpooledEnds = await boundaries(join(out, 'unpooled-boundaries.jsonl'));
    const pooledEnds = await boundaries(join(out, 'boundaries.jsonl'));
    const unpooled = await ShardReader.open(join(out, 'unpooled'));
    const pooled = await ShardReader.open(join(out, 'pooled'));
    expect(pooled.columns).toBe(4);
    for (const { id, ends } of inputs.utterances) {
      expect(unpooledEnds.get(id)).toEqual(ends);
      expect(pooledEnds.get(id)).toEqual(ends.filter((_, i) => i % 2 === 1));
      const single = await unpooled.read(id);
      const pairs = await pooled.read(id);
      expect(pairs.rows).toBe(10);
      expect(pairs.data[5]).toBeCloseTo((single.data[9]! + single.data[13]!) / 2, 5);
    }
    await unpooled.close();
    await pooled.close();
    await expectLoaderAgrees(out, inputs);
  });

  it('takes no text into account and can leave runs unpooled', async () => {
    const noText = await finishedInputs(makeUtterances(10), { sentences: 0, phones: 0 });
    const out = join(noText.folder, 'runs');
    await run(segmentsStage, from(noText), out, { method: 'runs', runs: { clusters: 12, pool: 'none' } });
    expect(await boundaries(join(out, 'boundaries.jsonl'))).toEqual(
      await boundaries(join(out, 'unpooled-boundaries.jsonl')),
    );
  });

  it('asks for fewer clusters when there are too few frames', async () => {
    const tiny = await finishedInputs(makeUtterances(1));
    await expect(
      run(segmentsStage, from(tiny), join(tiny.folder, 'out'), { method: 'runs', runs: { clusters: 5000 } }),
    ).rejects.toThrow(/5000 clusters of \d+ rows/);
  });
});
