// The decode stage on small real folders, with a table model whose answer is known.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JsonlWriter, readJsonl } from '../../src/core/jsonl.js';
import { silentLog } from '../../src/core/log.js';
import { type Hypothesis, hypothesisSchema, type Region, type Utterance } from '../../src/core/records.js';
import { ShardWriter } from '../../src/core/shard-writer.js';
import type { StageRecord } from '../../src/core/stage.js';
import { runStage } from '../../src/core/stage-run.js';
import { sampleRate, type Samples } from '../../src/core/time.js';
import { decodeConfig } from '../../src/decode/config.js';
import { decodeStage } from '../../src/decode/stage.js';
import { featuresConfig } from '../../src/features/config.js';
import type { FeaturesInfo } from '../../src/features/folder.js';
import { saveTableEmission } from '../../src/learn/emission.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'asr-decode-'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

const utterances: Utterance[] = [
  {
    id: 'one',
    recording: 'rec',
    speaker: 's',
    split: 'train',
    regions: [[0, 2000] as Region, [4000, 6000] as Region],
    samples: 4000 as Samples,
  },
  {
    id: 'gone',
    recording: 'rec',
    speaker: 's',
    split: 'train',
    regions: [[7000, 7100] as Region],
    samples: 100 as Samples,
  },
  {
    id: 'two',
    recording: 'rec2',
    speaker: 's',
    split: 'test',
    regions: [[0, 4000] as Region],
    samples: 4000 as Samples,
  },
];
interface Cut {
  id: string;
  ends: number[];
  units: number[];
}
const cuts: Cut[] = [
  { id: 'one', ends: [4, 12, 15, 23], units: [2, 0, 0, 1] },
  { id: 'two', ends: [10, 23], units: [2, 2] },
];

async function finished(stage: string): Promise<string> {
  const folder = join(root, stage);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const record: StageRecord = {
    stage,
    key: `${stage}-key`,
    version: 1,
    program: 'test',
    seed: 0,
    config: {},
    inputs: {},
    counts: {},
    skipped: 0,
    seconds: 0,
    peakMiB: 0,
    compute: {},
    finished: '',
  };
  await writeFile(join(folder, 'stage.json'), JSON.stringify(record));
  return folder;
}

async function jsonl(path: string, records: readonly object[]): Promise<void> {
  const writer = await JsonlWriter.create(path);
  for (const record of records) await writer.write(record);
  await writer.close();
}

async function run(
  segments: readonly Cut[],
  settings: object = {},
): Promise<{ out: string; record: StageRecord; hypotheses: Hypothesis[] }> {
  const inputs = Object.fromEntries(
    await Promise.all(decodeStage.reads.map(async (name) => [name, await finished(name)] as const)),
  );
  await jsonl(join(inputs['vad']!, 'utterances.jsonl'), utterances);
  await jsonl(
    join(inputs['segments']!, 'boundaries.jsonl'),
    segments.map(({ id, ends }) => ({ id, ends })),
  );
  await jsonl(
    join(inputs['clusters']!, 'units.jsonl'),
    segments.map(({ id, units }) => ({ id, units })),
  );
  const pooled = await ShardWriter.create(join(inputs['segments']!, 'pooled'), { columns: 2 });
  for (const { id, ends } of segments) await pooled.append(id, new Float32Array(2 * ends.length));
  await pooled.close();
  const info: FeaturesInfo = {
    kind: 'mfcc',
    dim: 39,
    hop: 160,
    window: 400,
    sampleRate,
    config: featuresConfig.parse({}),
  };
  await writeFile(join(inputs['features']!, 'features.json'), JSON.stringify(info));
  const table = Float32Array.from(
    [
      [-0.1, -3, -3],
      [-3, -0.1, -3],
      [-3, -3, -0.1],
    ].flat(),
  ); // unit 0: a, 1: b, 2: silence
  await saveTableEmission(inputs['learn']!, { phones: ['a', 'b', '<SIL>'], silence: '<SIL>' }, table);
  await writeFile(
    join(inputs['text']!, 'stats.json'),
    JSON.stringify({ phones: 20, heldOutPerplexity: 3, phonesPerSentence: 2 }),
  );
  const unigrams = ['-1 <unk>', '-99 <s>', '-0.6 </s>', '-0.6 a', '-0.6 b'].map((line) => line.replace(' ', '\t'));
  await writeFile(
    join(inputs['text']!, 'lm.arpa'),
    ['\\data\\', 'ngram 1=5', '', '\\1-grams:', ...unigrams, '', '\\end\\', ''].join('\n'),
  );
  const out = join(root, 'decode');
  const { record } = await runStage(decodeStage, {
    inputs,
    out,
    config: decodeConfig.parse({ method: 'greedy', ...settings }),
    data: root,
    seed: 1,
    log: silentLog,
    compute: { engine: 'cpu', threads: 1 },
    force: true,
  });
  const hypotheses: Hypothesis[] = [];
  for await (const hypothesis of readJsonl(join(out, 'hypotheses.jsonl'), hypothesisSchema))
    hypotheses.push(hypothesis);
  return { out, record, hypotheses };
}

describe('decode stage', () => {
  it('writes phones with times for every utterance, and Kaldi text', async () => {
    const { out, record, hypotheses } = await run(cuts);
    expect(hypotheses[0]).toEqual({
      id: 'one',
      recording: 'rec',
      split: 'train',
      phones: [
        { phone: 'a', start: 760, end: 2000 + 2000 + 520 },
        { phone: 'b', start: 4520, end: 6000 },
      ],
    });
    expect(await readFile(join(out, 'hyp.txt'), 'utf8')).toBe('one a b\ngone\ntwo\n');
    expect(record.counts).toEqual({
      utterances: 3,
      phones: 2,
      'empty hypotheses': 2,
      'phones per second': 2 / (8100 / 16_000),
    });
  });

  it('names an utterance that an earlier stage left out, and keeps its line', async () => {
    const { out, record, hypotheses } = await run(cuts);
    expect(hypotheses.map(({ id, split }) => [id, split])).toEqual([
      ['one', 'train'],
      ['gone', 'train'],
      ['two', 'test'],
    ]);
    expect(record.skipped).toBe(1);
    expect(await readFile(join(out, 'skipped.jsonl'), 'utf8')).toContain(
      '"id":"gone","reason":"an earlier stage left it out',
    );
  });

  it('leaves out by name what the model cannot take', async () => {
    const { out, record } = await run([cuts[0]!, { id: 'two', ends: [10, 23], units: [2, 9] }]);
    expect(record.skipped).toBe(2);
    expect(await readFile(join(out, 'skipped.jsonl'), 'utf8')).toMatch(
      /"id":"two","reason":"emission: unit 9 is not below 3/,
    );
  });

  it('gives an empty hypothesis below minSegments', async () => {
    const { hypotheses } = await run([cuts[0]!, { id: 'two', ends: [10, 23], units: [0, 1] }], { minSegments: 3 });
    expect(hypotheses.map(({ phones }) => phones.length)).toEqual([2, 0, 0]);
  });

  it('fails when nothing can be decoded, or the folders come from different runs', async () => {
    await expect(run([])).rejects.toThrow('none of 3 utterances could be decoded');
    await expect(run([cuts[1]!, cuts[0]!])).rejects.toThrow(
      /boundaries.jsonl: "one" is not in the utterances, or not in their order/,
    );
  });
});
