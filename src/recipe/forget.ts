// What in a run depends on a person's recordings: folders that hold their sound or what was computed from it, models
// trained on it, sound files in the run's own corpus. Finds and weighs; removing is a second step, which first writes
// down who is kept out, so that neither a kill nor the next run brings them back.
import { existsSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Without } from '../audio/config.js';
import { AsrError } from '../core/errors.js';
import { insideFolder } from '../core/inside-folder.js';
import { didYouMean } from '../core/nearest.js';
import { readStageRecord } from '../core/stage-run.js';
import { folderBytes } from '../report/pipeline.js';
import { stages } from '../stages.js';
import { joinWithout, readForgotten, writeForgotten } from './forgotten.js';
import { readPeople, type RecordedPerson } from './people.js';
import { acquireRunLock } from './run-lock.js';

export interface Dependent {
  readonly path: string;
  /** The stage, whether finished or what an interruption left of it. */
  readonly stage: string;
  readonly bytes: number;
  readonly why: string;
  /** What was estimated from all training recordings at once, and cannot be had without one of them but by training. */
  readonly trained: boolean;
}

export interface Forgetting {
  readonly run: string;
  /** What is kept out from now on: what was asked for, and the recordings of the speakers. */
  readonly without: Without;
  readonly recordings: readonly RecordedPerson[];
  readonly dependents: readonly Dependent[];
  /** Sound files in the run's own corpus that hold these recordings and no other. */
  readonly sound: readonly { readonly path: string; readonly bytes: number }[];
  /** Files that stay: outside of the run (relative to the data folder), or shared with recordings of others. */
  readonly staying: readonly { readonly path: string; readonly shared: boolean }[];
  /** Stages to run again, in order. */
  readonly again: readonly string[];
  /** Other runs beside this one that hold these recordings too. */
  readonly elsewhere: readonly string[];
}

/** What each stage keeps of a recording; a plug-in's stage is said to read what it reads. */
const kept: Readonly<Record<string, readonly [why: string, trained?: true]>> = {
  audio: ['holds the sound'],
  vad: ['holds where speech is'],
  features: [
    'holds a vector for every 10 or 20 ms; reduction and normalisation computed from all training sound',
    true,
  ],
  segments: ['holds segments and their vectors', true],
  clusters: ['holds units; centroids trained on the sound', true],
  learn: ['models trained on the sound', true],
  decode: ['holds what was recognised; weights tuned on it', true],
  selftrain: ['models trained on the sound, and what they recognised', true],
  score: ['holds errors by utterance'],
  bundle: ['the model that is given away, trained on the sound', true],
  report: ['shows sound and transcripts'],
};

/**
 * @param asked ids of speakers and recordings
 * @throws AsrError 'usage' when there is no run, or nothing of that name in it and it was not forgotten before
 */
export async function findDependents(folder: string, asked: Without): Promise<Forgetting> {
  const run = resolve(folder);
  if (!existsSync(join(run, 'config.yaml')))
    throw new AsrError('usage', `${run}: no run lies here`, 'Give the folder of one run, for instance runs/NAME.');
  const before = await readForgotten(run);
  const people = await readPeople(run);
  if (people) refuseUnknown(run, asked, people, before);
  const mine = people?.filter(({ id, speaker }) => asked.recordings.includes(id) || asked.speakers.includes(speaker));
  const recordings = mine ?? [];
  const wanted = { speakers: asked.speakers, recordings: [...asked.recordings, ...recordings.map(({ id }) => id)] };
  // Without a manifest nobody can say who is in what an interrupted stage left: all of it may be theirs.
  const dependents = mine?.length === 0 ? [] : await behindAudio(run);
  const { sound, staying } = await soundFiles(run, recordings, people ?? []);
  const stageNames = new Set(dependents.map(({ stage }) => stage));
  return {
    run,
    without: joinWithout(before, wanted) ?? wanted,
    recordings,
    dependents,
    sound,
    staying,
    again: [...stages.map(({ name }) => name).filter((name) => stageNames.delete(name)), ...stageNames],
    elsewhere: await otherRuns(run, asked),
  };
}

/** Writes down who is kept out, then removes. @returns bytes that are free now */
export async function forget({ run, without, dependents, sound }: Forgetting): Promise<number> {
  const lock = await acquireRunLock(run);
  try {
    await writeForgotten(run, without);
    let freed = 0;
    for (const { path, bytes } of [...dependents, ...sound]) {
      await rm(path, { recursive: true, force: true });
      freed += bytes;
    }
    return freed;
  } finally {
    await lock.release();
  }
}

function refuseUnknown(
  run: string,
  asked: Without,
  people: readonly RecordedPerson[],
  before: Without | undefined,
): void {
  for (const [kind, ids, known] of [
    ['speaker', asked.speakers, [...(before?.speakers ?? []), ...people.map(({ speaker }) => speaker)]],
    ['recording', asked.recordings, [...(before?.recordings ?? []), ...people.map(({ id }) => id)]],
  ] as const) {
    const unknown = ids.find((id) => !known.includes(id));
    if (unknown === undefined) continue;
    throw new AsrError(
      'usage',
      `${run}: no ${kind} "${unknown}" in this run`,
      didYouMean(unknown, known, `The column "${kind === 'speaker' ? kind : 'id'}" of audio/recordings.jsonl has all.`),
    );
  }
}

/** All that stands behind the sound, by what each record says that it read; leftovers of such stages too. */
async function behindAudio(run: string): Promise<Dependent[]> {
  const found: Dependent[] = [];
  const behind = new Set(['audio', ...stages.filter(({ reads }) => reads.length > 0).map(({ name }) => name)]);
  const entries = await readdir(run, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  for (const name of names) {
    const inputs = Object.keys((await readStageRecord(join(run, name)).catch(() => undefined))?.inputs ?? {});
    if (inputs.some((input) => behind.has(input))) behind.add(name);
  }
  for (const name of names.sort()) {
    const stage = name.replace(/\.(?:partial|old|tmp)$/, '');
    if (!behind.has(stage)) continue;
    const [why, trained] = kept[stage] ?? ['of a plug-in, which read the sound or what was computed from it', true];
    const path = join(run, name);
    found.push({
      path,
      stage,
      bytes: await folderBytes(path),
      why: stage === name ? why : `left by an interruption; ${why}`,
      trained: trained === true,
    });
  }
  const place = ({ stage }: Dependent): number => stages.findIndex(({ name }) => name === stage) >>> 0;
  return found.sort((a, b) => place(a) - place(b));
}

async function soundFiles(
  run: string,
  recordings: readonly RecordedPerson[],
  people: readonly RecordedPerson[],
): Promise<Pick<Forgetting, 'sound' | 'staying'>> {
  const sound: { path: string; bytes: number }[] = [];
  const staying: { path: string; shared: boolean }[] = [];
  const mine = new Set(recordings.map(({ id }) => id));
  const corpus = join(run, 'corpus');
  for (const path of new Set(recordings.flatMap((recording) => recording.path ?? []))) {
    const shared = people.some((other) => other.path === path && !mine.has(other.id));
    const inside = await insideFolder(corpus, path, { source: join(run, 'audio', 'recordings.jsonl') }).catch(
      () => undefined,
    );
    const info = inside === undefined || shared ? undefined : await stat(inside).catch(() => undefined);
    if (inside !== undefined && info?.isFile()) sound.push({ path: inside, bytes: info.size });
    else staying.push({ path, shared });
  }
  return { sound, staying };
}

async function otherRuns(run: string, asked: Without): Promise<string[]> {
  const found: string[] = [];
  const parent = dirname(run);
  for (const entry of await readdir(parent, { withFileTypes: true })) {
    const other = join(parent, entry.name);
    if (entry.name === basename(run) || !existsSync(join(other, 'config.yaml'))) continue;
    const people = (await readPeople(other).catch(() => undefined)) ?? [];
    if (people.some(({ id, speaker }) => asked.recordings.includes(id) || asked.speakers.includes(speaker)))
      found.push(other);
  }
  return found.sort();
}
