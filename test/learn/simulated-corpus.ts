// Finished folders of every stage before learning, with made-up speech whose phones are known: Gaussian frames around
// one centre per phone, cut with errors; units by nearest centre; text from other sentences of the same source.
import type { Executor } from '../../src/core/pieces.js';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { JsonlWriter } from '../../src/core/jsonl.js';
import { silentLog, type Log } from '../../src/core/log.js';
import { Rng } from '../../src/core/rng.js';
import { writeFileDurably } from '../../src/core/durable.js';
import { ShardWriter } from '../../src/core/shard-writer.js';
import { runStage } from '../../src/core/stage-run.js';
import type { StageRecord } from '../../src/core/stage.js';
import { learnStage } from '../../src/learn/stage.js';
import { toArpa } from '../../src/lm/arpa.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import { bigramSentences } from '../matching/bigram-source.js';

export const compute = { engine: 'cpu' as const, threads: 1 };
export const phones = [...'abcdefgh'];
const silence = '<SIL>';
const dim = 3;
const unitCount = 18; // two for each phone, two for silence

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

export interface SimulatedCorpus {
  readonly folder: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** True phones of each utterance. */
  readonly references: ReadonlyMap<string, Int32Array>;
}

interface Spoken {
  readonly frames: number[];
  readonly ends: number[];
  readonly units: number[];
  readonly pooled: number[];
}

/** @param pauses utterances begin and end with silence, as sentences of the text do */
export async function simulatedCorpus(utterances = 200, pauses = false): Promise<SimulatedCorpus> {
  const folder = await mkdtemp(join(tmpdir(), 'asr-learn-'));
  folders.push(folder);
  const at = (name: string): string => join(folder, name);
  for (const name of ['audio', 'vad', 'features', 'text', 'segments', 'clusters']) await mkdir(at(name));
  const rng = Rng.fromSeed('learn');
  const sentences = bigramSentences(phones.length, 4 * utterances, 25, rng);
  const references = new Map<string, Int32Array>();
  const write = {
    manifest: await JsonlWriter.create(join(at('vad'), 'utterances.jsonl')),
    units: await JsonlWriter.create(join(at('clusters'), 'units.jsonl')),
    ends: await JsonlWriter.create(join(at('segments'), 'boundaries.jsonl')),
    pooled: await ShardWriter.create(join(at('segments'), 'pooled'), { columns: dim }),
    frames: await ShardWriter.create(join(at('features'), 'frames'), { columns: dim }),
  };
  const centres = Array.from({ length: phones.length }, () => Array.from({ length: dim }, () => 2 * rng.normal()));
  if (pauses) centres.push(Array.from({ length: dim }, () => 2 * rng.normal()));
  for (let n = 0; n < utterances; n++) {
    const id = `u${n}`;
    const { frames, ends, units, pooled } = speak(
      pauses ? [phones.length, ...sentences[n]!, phones.length] : sentences[n]!,
      centres,
      rng.fork(id),
    );
    references.set(id, sentences[n]!);
    await write.manifest.write({
      id,
      recording: id,
      speaker: 's',
      split: n % 5 === 4 ? 'test' : 'train',
      regions: [[0, (frames.length / dim) * 160]],
      samples: (frames.length / dim) * 160,
    });
    await write.units.write({ id, units });
    await write.ends.write({ id, ends });
    await write.pooled.append(id, Float32Array.from(pooled));
    await write.frames.append(id, Float32Array.from(frames));
  }
  for (const writer of Object.values(write)) await writer.close();
  await writeFile(
    join(at('clusters'), 'clusters.json'),
    JSON.stringify({ count: unitCount, columns: dim, inertia: 1, rows: 1 }),
  );
  await writeFile(join(at('features'), 'features.json'), JSON.stringify({ kind: 'mfcc', dim, hop: 160, window: 400 }));
  await writeText(at('text'), sentences.slice(utterances));
  const inputs = Object.fromEntries(
    ['segments', 'clusters', 'text', 'vad', 'features', 'audio'].map((name) => [name, at(name)]),
  );
  for (const name of Object.keys(inputs)) await finish(at(name), name);
  return { folder, inputs, references };
}

/** Phones and pauses of 4 to 9 frames; now and then one is cut in two, or mistaken for another. */
function speak(sentence: Iterable<number>, centres: readonly number[][], rng: Rng): Spoken {
  const spoken: Spoken = { frames: [], ends: [], units: [], pooled: [] };
  for (const phone of sentence) {
    const length = 4 + rng.integer(6);
    for (let t = 0; t < length; t++) spoken.frames.push(...centres[phone]!.map((x) => x + 0.6 * rng.normal()));
    const end = (spoken.ends.at(-1) ?? 0) + length;
    for (const cut of rng.uniform() < 0.1 ? [end - 2, end] : [end]) {
      const heard = rng.uniform() < 0.1 ? rng.integer(phones.length) : phone;
      spoken.ends.push(cut);
      spoken.units.push(2 * heard + rng.integer(2));
      spoken.pooled.push(...centres[heard]!);
    }
  }
  return spoken;
}

async function writeText(folder: string, sentences: readonly Int32Array[]): Promise<void> {
  const spelled = sentences.map((sentence) => Array.from(sentence, (phone) => phones[phone]!));
  await writeFile(
    join(folder, 'phones.json'),
    JSON.stringify({
      phones: [...phones.map((phone) => ({ phone, count: 9 })), { phone: silence, count: 9 }],
      silence,
    }),
  );
  await writeFile(
    join(folder, 'sentences.txt'),
    spelled.map((sentence) => `${silence} ${sentence.join(' ')} ${silence}\n`).join(''),
  );
  await writeFile(
    join(folder, 'stats.json'),
    JSON.stringify({ sentences: sentences.length, phones: spelled.flat().length, heldOutPerplexity: 5 }),
  );
  await writeFile(join(folder, 'lm.arpa'), toArpa(estimateNgram(spelled, { order: 3 })));
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

export async function runLearn(
  corpus: SimulatedCorpus,
  name: string,
  config: object,
  more: { log?: Log; signal?: AbortSignal; executor?: Executor } = {},
): Promise<string> {
  const out = join(corpus.folder, name);
  await runStage(learnStage, {
    inputs: corpus.inputs,
    out,
    config: learnStage.config.parse(config),
    data: '.',
    seed: 1,
    compute,
    log: more.log ?? silentLog,
    ...(more.signal ? { signal: more.signal } : {}),
    ...(more.executor ? { executor: more.executor } : {}),
  });
  return out;
}
