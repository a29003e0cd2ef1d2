// The supervised alignment that probes use where references have no times: on tones whose times are known, and where it
// refuses to leave labels.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JsonlWriter } from '../../src/core/jsonl.js';
import { silentLog } from '../../src/core/log.js';
import type { Region, Utterance } from '../../src/core/records.js';
import { Rng } from '../../src/core/rng.js';
import { ShardWriter } from '../../src/core/shard-writer.js';
import type { Samples } from '../../src/core/time.js';
import { alignReferences } from '../../src/probe/align.js';
import { readAlignment, writeAlignment, type AlignedPhone } from '../../src/probe/alignment.js';
import { alignPhones } from '../../src/search/known-phones.js';
import { referencePhones } from '../../src/probe/reference-phones.js';
import { temporaryFolder } from '../temporary-folder.js';

const tones = { a: 300, b: 700, c: 1500, d: 3200 };
const rate = 16_000;

/** Phones of 60 to 140 ms, with where each begins. */
function spoken(seed: number): { samples: Int16Array; phones: string[]; starts: number[] } {
  const rng = Rng.fromSeed(seed);
  const names = Object.keys(tones) as (keyof typeof tones)[];
  const [values, phones, starts]: [number[], string[], number[]] = [[], [], []];
  for (let i = 0; i < 20; i++) {
    const phone = names.filter((name) => name !== phones.at(-1))[rng.integer(3)]!;
    phones.push(phone);
    starts.push(values.length);
    const length = Math.round(rate * (0.06 + 0.08 * rng.uniform()));
    for (let n = 0; n < length; n++)
      values.push(Math.round(6000 * Math.sin((2 * Math.PI * tones[phone] * n) / rate) + 300 * rng.normal()));
  }
  return { samples: Int16Array.from(values), phones, starts };
}

async function stageFolder(root: string, stage: string): Promise<string> {
  await mkdir(join(root, stage));
  await writeFile(
    join(root, stage, 'stage.json'),
    JSON.stringify({
      stage,
      key: stage,
      version: 1,
      program: '',
      seed: 0,
      config: {},
      inputs: {},
      counts: {},
      skipped: 0,
      seconds: 0,
      peakMiB: 0,
      compute: {},
      finished: '',
    }),
  );
  return join(root, stage);
}

describe('the supervised alignment', () => {
  it('finds when phones begin', async () => {
    const root = await temporaryFolder();
    const [audio, vad] = [await stageFolder(root, 'audio'), await stageFolder(root, 'vad')];
    const samples = await ShardWriter.create(join(audio, 'samples'), { columns: 1, type: 'int16' });
    const manifest = await JsonlWriter.create(join(vad, 'utterances.jsonl'));
    const said = Array.from({ length: 12 }, (_, i) => spoken(i));
    for (const [i, one] of said.entries()) {
      await samples.append(`r${i}`, one.samples);
      await manifest.write({
        id: `u${i}`,
        recording: `r${i}`,
        speaker: 's',
        split: 'train',
        regions: [[0, one.samples.length] as Region],
        samples: one.samples.length as Samples,
      } satisfies Utterance);
    }
    await samples.close();
    await manifest.close();
    const references = new Map(said.map(({ phones }, i) => [`r${i}`, phones]));
    const alignment = await alignReferences({
      audio,
      vad,
      references,
      silence: 'SIL',
      seed: 1,
      compute: { engine: 'cpu', threads: 1 },
      log: silentLog,
    });
    let near = 0;
    let all = 0;
    said.forEach(({ phones, starts }, i) => {
      const found = alignment.get(`r${i}`)!.filter(({ phone }) => phone !== 'SIL');
      expect(found.map(({ phone }) => phone)).toEqual(phones);
      starts.forEach((start, p) => {
        all++;
        near += Math.abs(found[p]!.start - start) <= 0.02 * rate ? 1 : 0;
      });
    });
    expect(near / all).toBeGreaterThan(0.9);
  }, 300_000);

  it('takes the cheapest way through the states, with silence where it is cheaper', () => {
    // Classes: two phones of one state, silence. Frames: phone 0, silence, silence, phone 1.
    const scores = Float32Array.of(0, -9, -9, -9, -9, 0, -9, -9, 0, -9, 0, -9);
    expect(alignPhones(scores, 4, [0, 1], { statesPerPhone: 1, classes: 3, silenceCost: 2 })).toEqual({
      classes: Int16Array.of(0, 2, 2, 1),
      positions: Int16Array.of(0, -1, -1, 1),
    });
    expect([
      ...alignPhones(scores, 4, [0, 1], { statesPerPhone: 1, classes: 3, silenceCost: 20 })!.positions,
    ]).not.toContain(-1);
    expect(alignPhones(scores, 1, [0, 1], { statesPerPhone: 1, classes: 3, silenceCost: 2 })).toBeUndefined();
  });

  it('says in its file what it is, and is not left where training reads', async () => {
    const root = await temporaryFolder();
    const alignment = new Map([
      [
        'r',
        [
          { phone: 'a', start: 0, end: 1600 },
          { phone: 'SIL', start: 1600, end: 3200 },
        ] as AlignedPhone[],
      ],
    ]);
    await writeAlignment(join(root, 'times.ctm'), alignment);
    expect(await readFile(join(root, 'times.ctm'), 'utf8')).toMatch(/^;; supervised alignment.*evaluation only/);
    expect(await readAlignment(join(root, 'times.ctm'))).toEqual(alignment);
    await stageFolder(root, 'features');
    await expect(writeAlignment(join(root, 'features', 'times.ctm'), alignment)).rejects.toThrow(
      'which training reads',
    );
  });

  it('reads references as phones', async () => {
    const root = await temporaryFolder();
    await writeFile(join(root, 'references.txt'), 'r1 a b a\nr2 c\n');
    expect(await referencePhones(join(root, 'references.txt'))).toEqual(
      new Map([
        ['r1', ['a', 'b', 'a']],
        ['r2', ['c']],
      ]),
    );
  });
});
