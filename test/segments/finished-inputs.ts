// Finished vad, features and text folders with made-up speech: steps of random length between random levels,
// whose true boundaries are known. For the stage tests of segments and clusters.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { JsonlWriter } from '../../src/core/jsonl.js';
import { silentLog } from '../../src/core/log.js';
import { Rng } from '../../src/core/rng.js';
import { writeFileDurably } from '../../src/core/durable.js';
import { ShardWriter } from '../../src/core/shard-writer.js';
import { runStage } from '../../src/core/stage-run.js';
import type { StageDefinition, StageRecord } from '../../src/core/stage.js';
import type { z } from 'zod';

export const compute = { engine: 'cpu' as const, threads: 1 };
export const dim = 6;

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

export interface MadeUtterance {
  readonly id: string;
  readonly split: 'train' | 'test';
  readonly data: Float32Array;
  readonly rows: number;
  /** True ends of the steps. */
  readonly ends: readonly number[];
}

export interface Inputs {
  readonly folder: string;
  readonly vad: string;
  readonly features: string;
  readonly text: string;
  readonly utterances: readonly MadeUtterance[];
}

export function makeUtterances(count: number): MadeUtterance[] {
  const rng = Rng.fromSeed('speech');
  const levels = Array.from({ length: 12 }, () => Array.from({ length: dim }, () => 2 * rng.normal()));
  return Array.from({ length: count }, (_, n) => {
    const ends: number[] = [];
    const frames: number[] = [];
    let level = rng.integer(12);
    for (let i = 0; i < 20; i++) {
      level = (level + 1 + rng.integer(11)) % 12;
      const length = 4 + rng.integer(9);
      for (let t = 0; t < length; t++) frames.push(...levels[level]!.map((x) => x + 0.2 * rng.normal()));
      ends.push((ends.at(-1) ?? 0) + length);
    }
    return {
      id: `u${n}`,
      split: n % 5 === 4 ? ('test' as const) : ('train' as const),
      data: Float32Array.from(frames),
      rows: frames.length / dim,
      ends,
    };
  });
}

export async function finishedInputs(
  utterances: readonly MadeUtterance[],
  stats: object = { sentences: 50, phones: 1000 },
): Promise<Inputs> {
  const folder = await mkdtemp(join(tmpdir(), 'asr-segments-'));
  folders.push(folder);
  const [vad, features, text] = [join(folder, 'vad'), join(folder, 'features'), join(folder, 'text')];
  for (const path of [vad, features, text]) await mkdir(path);
  const manifest = await JsonlWriter.create(join(vad, 'utterances.jsonl'));
  const frames = await ShardWriter.create(join(features, 'frames'), { columns: dim, shardBytes: 5000 });
  for (const { id, split, data, rows } of utterances) {
    await manifest.write({ id, recording: id, speaker: 's', split, regions: [[0, rows * 160]], samples: rows * 160 });
    await frames.append(id, data);
  }
  await manifest.close();
  await frames.close();
  await writeFile(
    join(features, 'features.json'),
    JSON.stringify({ kind: 'mfcc', dim, hop: 160, window: 400, sampleRate: 16000, config: {} }),
  );
  await writeFile(join(text, 'stats.json'), JSON.stringify(stats));
  await Promise.all([finish(vad, 'vad'), finish(features, 'features'), finish(text, 'text')]);
  return { folder, vad, features, text, utterances };
}

async function finish(folder: string, stage: string): Promise<void> {
  const record: StageRecord = {
    stage,
    key: `made-up ${stage}`,
    version: 1,
    program: 'test',
    seed: 1,
    config: {},
    inputs: {},
    counts: {},
    skipped: 0,
    seconds: 0,
    peakMiB: 0,
    compute,
    finished: '2026-01-01T00:00:00Z',
  };
  await writeFileDurably(join(folder, 'stage.json'), JSON.stringify(record));
}

/** Runs a stage on these inputs with the defaults of its config, except for `config`. */
export async function run<S extends z.ZodObject>(
  stage: StageDefinition<S>,
  inputs: Record<string, string>,
  out: string,
  config: object = {},
  seed = 1,
): Promise<StageRecord> {
  const { record } = await runStage(stage, {
    inputs,
    out,
    config: stage.config.parse(config),
    data: '.',
    seed,
    log: silentLog,
    compute,
  });
  return record;
}
