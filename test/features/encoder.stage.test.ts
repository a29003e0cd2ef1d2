// The features stage with encoders and with frames that others made: killed and continued, bundled, and refused.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encoderOnnx } from '../../bench/encoder-graph.js';
import { families } from '../../bench/encoder-families.js';
import { JsonlWriter, readJson } from '../../src/core/jsonl.js';
import { silentLog, type Log } from '../../src/core/log.js';
import { readNpy, writeNpy } from '../../src/core/npy.js';
import type { Region, Utterance } from '../../src/core/records.js';
import { ShardWriter } from '../../src/core/shard-writer.js';
import { ShardReader } from '../../src/core/shards.js';
import type { StageRecord } from '../../src/core/stage.js';
import { runStage } from '../../src/core/stage-run.js';
import type { Samples } from '../../src/core/time.js';
import { bundleEncoder } from '../../src/features/bundle-encoder.js';
import { featuresConfig } from '../../src/features/config.js';
import { createExtractor } from '../../src/features/extractor.js';
import { exportFairseq } from '../../src/features/fairseq-export.js';
import { featuresInfoSchema } from '../../src/features/folder.js';
import { featuresStage } from '../../src/features/stage.js';
import { compute, difference, openEncoder, sound, writeEncoder } from './encoder-folder.js';
import { writeWithExternalData } from './external-data.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'asr-encoder-stage-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

async function finished(stage: string): Promise<string> {
  const folder = join(root, stage);
  mkdirSync(folder, { recursive: true });
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
  writeFileSync(join(folder, 'stage.json'), JSON.stringify(record));
  return folder;
}

/** Utterances of these lengths, one behind the other in one recording; of a length below 0, one behind its end. */
async function corpus(lengths: readonly number[]): Promise<void> {
  const [audio, vad] = [await finished('audio'), await finished('vad')];
  const samples = await ShardWriter.create(join(audio, 'samples'), { columns: 1, type: 'int16' });
  const total = lengths.reduce((sum, n) => sum + Math.max(0, n), 0);
  await samples.append(
    'r',
    Int16Array.from(sound(total), (x) => Math.round(x * 32_767)),
  );
  await samples.close();
  const manifest = await JsonlWriter.create(join(vad, 'utterances.jsonl'));
  let at = 0;
  for (const [i, n] of lengths.entries()) {
    const regions = [(n < 0 ? [total, total - n] : [at, at + n]) as Region];
    await manifest.write({
      id: `u${String(i).padStart(3, '0')}`,
      recording: 'r',
      speaker: `s${i % 2}`,
      split: 'train',
      regions,
      samples: Math.abs(n) as Samples,
    } satisfies Utterance);
    at += Math.max(0, n);
  }
  await manifest.close();
}

const stage = (settings: object, log: Log = silentLog, signal?: AbortSignal, out = 'features') =>
  runStage(featuresStage, {
    inputs: { audio: join(root, 'audio'), vad: join(root, 'vad') },
    out: join(root, out),
    config: featuresConfig.parse(settings),
    data: root,
    seed: 1,
    log,
    compute,
    ...(signal ? { signal } : {}),
  });

async function frames(out = 'features'): Promise<Map<string, Float32Array>> {
  const reader = await ShardReader.open(join(root, out, 'frames'));
  const all = new Map<string, Float32Array>();
  for await (const { id, data } of reader.items()) all.set(id, data);
  await reader.close();
  return all;
}

describe('features stage with an encoder', () => {
  it('continues after a kill to the same bytes, float16 included', async () => {
    writeEncoder(join(root, 'encoder'), 'wav2vec2-large');
    // Number 3 cannot be read; the run is killed when its third piece starts.
    await corpus(Array.from({ length: 230 }, (_, i) => (i === 3 ? -800 : 400 + 7 * i)));
    for (const normalise of ['speaker', 'utterance', 'none'] as const) {
      const settings = { kind: 'onnx', model: 'encoder', layer: 2, storage: 'float16', normalise };
      const whole = (await stage(settings, silentLog, undefined, `whole-${normalise}`)).record;
      const killer = new AbortController();
      const log: Log = {
        ...silentLog,
        child: (name: string) => {
          if (name === '200-229') killer.abort();
          return log;
        },
      };
      await expect(stage(settings, log, killer.signal)).rejects.toThrow();
      const lines: string[] = [];
      const listening: Log = {
        ...silentLog,
        child: () => listening,
        info: (text: string) => {
          lines.push(text);
        },
      };
      const { record } = await stage(settings, listening);
      expect(lines.join('\n')).toContain('2 of 3 pieces are there already');
      expect([record.skipped, record.counts]).toEqual([1, whole.counts]);
      for (const file of ['frames/00000.npy', 'frames/index.jsonl', 'features.json', 'skipped.jsonl']) {
        expect(
          readFileSync(join(root, 'features', file)).equals(readFileSync(join(root, `whole-${normalise}`, file))),
          `${normalise} ${file}`,
        ).toBe(true);
      }
      rmSync(join(root, 'features'), { recursive: true });
    }
  });

  it('says what it took, and takes the whole model into a bundle, weights beside it included', async () => {
    mkdirSync(join(root, 'encoder'));
    writeEncoder(join(root, 'encoder'), 'wavlm-base');
    writeWithExternalData(join(root, 'encoder'), encoderOnnx(families['wavlm-base']!));
    await corpus([8000]);
    await stage({ kind: 'onnx', model: 'encoder', layer: 2, normalise: 'none' });
    const info = await readJson(join(root, 'features/features.json'), featuresInfoSchema);
    expect(info).toMatchObject({ kind: 'onnx', dim: 16, hop: 320, window: 400, about: { family: 'wavlm', layer: 2 } });
    const bundled = await bundleEncoder(info.config, root, join(root, 'bundle'));
    expect(bundled.files).toEqual(
      ['model.onnx', 'model.onnx_data', 'config.json', 'preprocessor_config.json'].map((name) => `encoder/${name}`),
    );
    renameSync(join(root, 'encoder'), join(root, 'gone'));
    const extractor = await createExtractor(bundled.config, compute, join(root, 'bundle'));
    const grid = Float32Array.from(sound(8000), (x) => Math.round(x * 32_767) / 32_767);
    expect(difference((await extractor.extract(grid)).data, (await frames()).get('u000')!)).toBe(0);
    await extractor.dispose();
    const plain = await openEncoder(writeEncoder(join(root, 'plain'), 'wavlm-base'), { layer: 2 });
    expect(difference((await plain.extract(grid)).data, (await frames()).get('u000')!)).toBeLessThan(1e-5);
    await plain.dispose();
    rmSync(join(root, 'gone/model.onnx_data'));
    await expect(openEncoder(join(root, 'gone'), { layer: 2 })).rejects.toMatchObject({
      code: 'model',
      hint: expect.stringContaining('model.onnx_data') as string,
    });
  });
});

describe('features stage with frames that others made', () => {
  const rows = (n: number): number => 1 + Math.floor((n - 400) / 320);
  const lengths = [4000, 8000, 5000];
  const all = lengths.map((n, i) => Float32Array.from({ length: rows(n) * 4 }, (_, k) => i * 1000 + k));
  const joined = (parts: readonly Float32Array[]): Float32Array =>
    Float32Array.from(parts.flatMap((part) => [...part]));

  async function fairseq(folder: string, names = ['u001', 'u002', 'u000']): Promise<void> {
    mkdirSync(join(root, folder), { recursive: true });
    const order = names.map((name) => Number(name.slice(1)));
    const parts = order.map((i) => all[i]!);
    await writeNpy(join(root, folder, 'train.npy'), joined(parts.slice(0, 2)), [
      parts[0]!.length / 4 + parts[1]!.length / 4,
      4,
    ]);
    await writeNpy(join(root, folder, 'valid.npy'), parts[2]!, [parts[2]!.length / 4, 4]);
    writeFileSync(join(root, folder, 'train.lengths'), `${parts[0]!.length / 4}\n${parts[1]!.length / 4}\n`);
    writeFileSync(join(root, folder, 'valid.lengths'), `${parts[2]!.length / 4}\n`);
    writeFileSync(join(root, folder, 'train.tsv'), `/data\n${names[0]}.wav\t8000\nsub/${names[1]}.flac\t5000\n`);
    writeFileSync(join(root, folder, 'valid.tsv'), `/data\n${names[2]}.wav\t4000\n`);
  }
  const settings = { kind: 'precomputed', folder: 'ready', normalise: 'none' };

  it("reads fairseq's folder by the names in its .tsv files", async () => {
    await corpus(lengths);
    await fairseq('ready');
    await stage(settings);
    const found = await frames();
    lengths.forEach((_, i) => {
      expect([...found.get(`u00${i}`)!]).toEqual([...all[i]!]);
    });
    expect(await readJson(join(root, 'features/features.json'), featuresInfoSchema)).toMatchObject({
      kind: 'precomputed',
      dim: 4,
      hop: 320,
      about: { source: 'fairseq' },
    });
  });

  it('reads it in order without them, and says what does not fit', async () => {
    await corpus(lengths);
    await fairseq('ready', ['u000', 'u001', 'u002']);
    for (const name of ['train.tsv', 'valid.tsv']) rmSync(join(root, 'ready', name));
    await stage(settings);
    expect([...(await frames()).get('u002')!]).toEqual([...all[2]!]);
    const failing = async (change: () => void): Promise<string> => {
      cpSync(join(root, 'ready'), join(root, 'kept'), { recursive: true });
      change();
      const text = await stage(settings).then(
        () => 'done',
        (error: Error & { hint?: string }) => `${error.message} | ${error.hint ?? ''}`,
      );
      rmSync(join(root, 'ready'), { recursive: true });
      renameSync(join(root, 'kept'), join(root, 'ready'));
      return text;
    };
    const lengthsFile = join(root, 'ready/train.lengths');
    expect(
      await failing(() => {
        writeFileSync(lengthsFile, '12\n25\n');
      }),
    ).toMatch(/train: .lengths add up to 37 frames, .npy holds \d+/);
    expect(
      await failing(() => {
        writeFileSync(lengthsFile, '12\nabc\n');
      }),
    ).toMatch(/train.lengths, line 2: "abc" is no number of frames/);
    expect(
      await failing(() => {
        rmSync(join(root, 'ready/valid.npy'));
      }),
    ).toMatch(/valid.npy is missing/);
    expect(
      await failing(() => {
        rmSync(join(root, 'ready/valid.npy'));
        rmSync(join(root, 'ready/valid.lengths'));
      }),
    ).toMatch(/frames of 2 utterances, but the vad stage has 3/);
    expect(
      await failing(() => {
        truncateSync(join(root, 'ready/train.npy'), 300);
      }),
    ).toMatch(/train.npy: 300 bytes, expected \d+/);
    expect(
      await failing(() => {
        writeFileSync(join(root, 'ready/train.tsv'), '/data\nother.wav\t1\n');
      }),
    ).toMatch(/train.tsv: 1 files, train.lengths has 2 lines/);
  });

  it("writes fairseq's folder, and reads its own again", async () => {
    await corpus(lengths);
    await fairseq('ready');
    await stage(settings);
    expect(await exportFairseq(join(root, 'features'), join(root, 'vad'), join(root, 'exported'))).toEqual({
      train: 3,
    });
    expect(readFileSync(join(root, 'exported/train.lengths'), 'utf8')).toBe(`${lengths.map(rows).join('\n')}\n`);
    const { shape, data } = await readNpy(join(root, 'exported/train.npy'));
    expect(shape).toEqual([lengths.map(rows).reduce((a, b) => a + b), 4]);
    expect([...data]).toEqual(all.flatMap((part) => [...part]));
    await stage({ ...settings, folder: 'exported' }, silentLog, undefined, 'again');
    expect([...(await frames('again'))]).toEqual([...(await frames())]);
  });

  it('reads one file an utterance, and leaves out what belongs to other sound', async () => {
    await corpus([...lengths, 9000]);
    mkdirSync(join(root, 'ready'));
    for (const [i, data] of all.entries())
      await writeNpy(join(root, 'ready', `u00${i}.npy`), data, [data.length / 4, 4]);
    await writeNpy(join(root, 'ready/u003.npy'), new Float32Array(400), [100, 4]);
    const { record } = await stage({ ...settings, storage: 'float16' });
    expect(record.skipped).toBe(1);
    expect(readFileSync(join(root, 'features/skipped.jsonl'), 'utf8')).toMatch(
      /"u003","reason":"100 frames in .* expected 27 for 9000 samples/,
    );
    expect([...(await frames()).get('u001')!]).toEqual([...all[1]!]);
    writeFileSync(join(root, 'ready/index.tsv'), 'u001\tu000.npy\nu000\tu001.npy\n');
    const second = await stage({ ...settings, grid: { hop: 320, window: 400 } }, silentLog, undefined, 'second').catch(
      (error: Error) => error.message,
    );
    expect(second).toMatch(/none of 4 utterances gave frames/); // the two have each other's lengths
  });
});
