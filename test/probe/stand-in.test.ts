// The supervised stand-in for a large encoder: as good as it is asked to be, read under its own name alone, and the
// rate that supervision reaches on it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JsonlWriter, readJson } from '../../src/core/jsonl.js';
import { silentLog } from '../../src/core/log.js';
import type { Region, Utterance } from '../../src/core/records.js';
import { Rng } from '../../src/core/rng.js';
import { runStage } from '../../src/core/stage-run.js';
import type { Samples } from '../../src/core/time.js';
import { featuresConfig } from '../../src/features/config.js';
import { featuresInfoSchema } from '../../src/features/folder.js';
import { featuresStage } from '../../src/features/stage.js';
import { sampleLabelled } from '../../src/probe/labelled.js';
import type { AlignedPhone } from '../../src/probe/alignment.js';
import { writeStandIn } from '../../src/probe/stand-in.js';
import { bestPhones, phoneModel, supervisedPer } from '../../src/probe/supervised-per.js';
import { temporaryFolder } from '../temporary-folder.js';

const compute = { engine: 'cpu' as const, threads: 1 };
const names = ['a', 'b', 'c', 'd', 'e', 'f', 'SIL'];

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

/** Utterances of 30 phones of 80 ms each. */
async function corpus(root: string): Promise<{ audio: string; vad: string; alignment: Map<string, AlignedPhone[]> }> {
  const [audio, vad] = [await stageFolder(root, 'audio'), await stageFolder(root, 'vad')];
  const manifest = await JsonlWriter.create(join(vad, 'utterances.jsonl'));
  const alignment = new Map<string, AlignedPhone[]>();
  for (let i = 0; i < 40; i++) {
    const rng = Rng.fromSeed(i);
    let last = -1;
    alignment.set(
      `r${i}`,
      Array.from({ length: 30 }, (_, p) => {
        last = (last + 1 + rng.integer(names.length - 1)) % names.length;
        return { phone: names[last]!, start: (p * 1280) as Samples, end: ((p + 1) * 1280) as Samples };
      }),
    );
    await manifest.write({
      id: `u${i}`,
      recording: `r${i}`,
      speaker: 's',
      split: 'train',
      regions: [[0, 30 * 1280] as Region],
      samples: (30 * 1280) as Samples,
    } satisfies Utterance);
  }
  await manifest.close();
  return { audio, vad, alignment };
}

describe('the supervised stand-in', () => {
  it('is read under its own name alone, and errs as often as asked', async () => {
    const root = await temporaryFolder();
    const { audio, vad, alignment } = await corpus(root);
    const features = (kind: string, folder: string, out: string) =>
      runStage(featuresStage, {
        inputs: { audio, vad },
        out: join(root, out),
        config: featuresConfig.parse({ kind, folder, normalise: 'none' }),
        data: root,
        seed: 1,
        log: silentLog,
        compute,
      });
    const rates: number[] = [];
    for (const [name, confusions, noise] of [
      ['clean', 0, 0.3],
      ['confused', 0.2, 0.3],
    ] as const) {
      expect(
        await writeStandIn({ vad, alignment, out: join(root, name), dim: 16, confusions, noise, rng: Rng.fromSeed(3) }),
      ).toBe(40);
      await expect(features('precomputed', name, 'refused')).rejects.toThrow('made from labels');
      await features('supervised-stand-in', name, `features-${name}`);
      expect(await readJson(join(root, `features-${name}`, 'features.json'), featuresInfoSchema)).toMatchObject({
        kind: 'supervised-stand-in',
        dim: 16,
        hop: 320,
      });
      const labelled = await sampleLabelled({
        features: join(root, `features-${name}`),
        vad,
        alignment,
        silence: 'SIL',
        frames: 1e6,
        testShare: 0.3,
        rng: Rng.fromSeed(1),
      });
      const options = {
        columns: 16,
        classes: labelled.phones.length,
        context: 0,
        components: 16,
        epochs: 5,
        rng: Rng.fromSeed(2),
        compute,
      };
      rates.push(await supervisedPer(labelled, options));
    }
    expect(rates[0]).toBeLessThan(0.06);
    expect(rates[1]).toBeGreaterThan(0.1);
    expect(rates[1]).toBeLessThan(0.3);
    await mkdir(join(root, 'other'));
    await expect(features('supervised-stand-in', 'other', 'refused')).rejects.toThrow('holds no supervised.json');
  }, 300_000);
});

describe('supervised decoding', () => {
  it('takes the phones of the best path, and a phone that is long only once', () => {
    const model = phoneModel(
      [
        {
          tokens: [
            { phone: 0, first: 0, end: 3 },
            { phone: 1, first: 3, end: 6 },
            { phone: 0, first: 6, end: 9 },
          ],
        },
      ],
      2,
    );
    const scores = Float64Array.from(
      [0, 0, 0, 1, 0, 1, 1, 1, 0].flatMap((phone) => [phone === 0 ? 0 : -4, phone === 1 ? 0 : -4]),
    );
    // The lone 0 among ones is cheaper to misread than two changes are, with a low weight on the frames.
    expect(bestPhones(scores, 9, model, 2)).toEqual([0, 1, 0, 1, 0]);
    expect(bestPhones(scores, 9, model, 0.1)).toEqual([0, 1, 0]);
    expect(bestPhones(new Float64Array(0), 0, model, 1)).toEqual([]);
  });
});
