// Recordings with transcripts that a recipe names as a source of labelled speech, mostly of another language: the one
// place before `score` that opens transcripts. None may be a recording of the run itself, which would be taught.
import { realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { audioConfig, transcribedLayouts, type AudioConfig, type TranscribedLayout } from '../audio/config.js';
import { decodeToGrid } from '../audio/decode.js';
import { detectLayout } from '../audio/detect.js';
import { inOrder } from '../audio/in-order.js';
import { findRecordings, layoutFiles, type Candidate } from '../audio/layouts.js';
import { fromGrid, type GridAudio } from '../audio/mono.js';
import { readRecordings } from '../audio/samples.js';
import { bySource, cut, type Source } from '../audio/source.js';
import type { SourceLosses } from '../bootstrap/left-out.js';
import type { SaidUtterance } from '../bootstrap/said.js';
import type { FolderSource } from '../bootstrap/speech-sources.js';
import { AsrError, itemProblem } from '../core/errors.js';
import type { Rng } from '../core/rng.js';
import { corpusTranscripts } from '../transcripts/corpora.js';
import { readTranscripts } from '../transcripts/references.js';
import type { SpeechDetector } from '../vad/detector.js';
import { keepRegions } from '../vad/regions.js';

/** Recordings as they lie there, and what is said in those that have a transcript. */
export interface LabelledFolder {
  readonly recordings: readonly UsableCandidate[];
  /** By id. */
  readonly transcripts: ReadonlyMap<string, string>;
}

type UsableCandidate = Exclude<Candidate, { readonly problem: string }>;

/** @throws AsrError 'input' where there is no sound, or nothing says where its transcripts are */
function layoutOf(source: FolderSource, data: string): { audio: AudioConfig; own?: TranscribedLayout; file?: string } {
  const { dir, layout, parts, table, columns, ids, speakers, transcripts } = source;
  const root = resolve(data, dir);
  const found = layout === 'auto' ? detectLayout(root) : { layout, dir: '.' };
  if (!found)
    throw new AsrError(
      'input',
      `learn.bootstrap.sources: ${root}: no sound found there`,
      'Check `dir`, which starts in the data folder, and `layout` (docs/corpora.md).',
    );
  const audio = audioConfig.parse({
    ...{ dir: resolve(root, found.dir), layout: found.layout, table, columns, parts, ids, speakers },
  });
  if (transcripts !== '') return { audio, file: resolve(data, transcripts) };
  const own = transcribedLayouts.find((name) => name === found.layout);
  if (own === undefined)
    throw new AsrError(
      'input',
      `learn.bootstrap.sources: ${root} has the layout "${found.layout}", which holds no transcripts`,
      'Give `transcripts: FILE` ("id words" a line, or any format of docs/formats.md), or the layout by name.',
    );
  return { audio, own };
}

/** Files and folders that decide what is found. */
export function labelledFiles(source: FolderSource, data: string): string[] {
  const more = [source.transcripts, source.lexicon].filter((path) => path !== '').map((path) => resolve(data, path));
  try {
    return [...layoutFiles(layoutOf(source, data).audio, data), ...more];
  } catch {
    return more; // what is wrong is said when it is read
  }
}

/** @throws AsrError 'input' as above, and where none of the recordings has a transcript */
export async function readLabelledFolder(source: FolderSource, data: string): Promise<LabelledFolder> {
  const { audio, own, file = '' } = layoutOf(source, data);
  const transcripts = new Map<string, string>();
  const written = own
    ? corpusTranscripts(own, audio.dir, { unit: source.unit })
    : readTranscripts(file, { tokens: source.unit });
  for await (const { id, text } of written) transcripts.set(id, text);
  const recordings: UsableCandidate[] = [];
  let all = 0;
  for await (const candidate of findRecordings(audio, data)) {
    all++;
    if (!('problem' in candidate) && transcripts.has(candidate.id)) recordings.push(candidate);
  }
  if (recordings.length === 0)
    throw new AsrError(
      'input',
      `learn.bootstrap.sources: ${audio.dir}: none of ${all} recordings has one of ${transcripts.size} transcripts`,
      'Do the ids of the transcripts equal the names of the files?',
    );
  return { recordings, transcripts };
}

const realPath = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
};

/** @throws AsrError 'config' where sound of the run is among the labelled recordings */
export function refuseOwn(folder: LabelledFolder, own: Iterable<string>, dir: string): void {
  const mine = new Set(Array.from(own, realPath));
  const shared = folder.recordings.filter(({ path }) => mine.has(realPath(path)));
  if (shared.length > 0)
    throw new AsrError(
      'config',
      `learn.bootstrap.sources: ${shared.length} of ${folder.recordings.length} recordings of ${dir} belong to this ` +
        `run, for instance "${shared[0]!.id}"`,
      'A run must not be told what is said in its own sound: name other recordings, or take these out of audio.dir.',
    );
}

/** Files of the recordings of a finished audio stage. */
export async function soundOfRun(audio: string, data: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of readRecordings(audio)) paths.push(resolve(data, path));
  return paths;
}

export interface LabelledRecordings {
  readonly folder: LabelledFolder;
  readonly pronounce: (sentence: string) => readonly string[] | undefined;
  readonly detector: SpeechDetector;
  readonly rng: Rng;
  readonly losses: SourceLosses;
  /** 0 = one per core. */
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
}

/** More would wait for the disk; each holds a file's sound. */
const mostDecoders = 4;

/** File after file in random order, each decoded once, some at a time. */
export async function* labelledRecordings(options: LabelledRecordings): AsyncGenerator<SaidUtterance> {
  const { folder, rng, losses, threads, signal } = options;
  const files: Source[] = [];
  for await (const file of bySource(folder.recordings)) files.push(file);
  const width = Math.min(mostDecoders, threads || availableParallelism());
  const shuffled = Readable.from(rng.shuffleInPlace(files)) as AsyncIterable<Source>;
  for await (const { items, whole } of inOrder(shuffled, width, decoded)) {
    signal?.throwIfAborted();
    if (whole instanceof AsrError) {
      for (const { id } of items) losses.add('its sound cannot be used', id, whole.message);
      continue;
    }
    for (const item of items) {
      const said = await utteranceOf(item as UsableCandidate, whole, options);
      if (said) yield said;
    }
  }
}

async function decoded({ path, mix, items }: Source): Promise<Pick<Source, 'items'> & { whole: GridAudio | AsrError }> {
  try {
    return { items, whole: await decodeToGrid(path!, mix) };
  } catch (error) {
    return { items, whole: itemProblem(error) };
  }
}

async function utteranceOf(
  candidate: UsableCandidate,
  whole: GridAudio,
  { folder, pronounce, detector, losses }: LabelledRecordings,
): Promise<SaidUtterance | undefined> {
  const { id, speaker } = candidate;
  const phones = pronounce(folder.transcripts.get(id)!);
  if (!phones) {
    losses.add('a word without pronunciation', id);
    return undefined;
  }
  const audio = cut(whole, candidate);
  if (typeof audio === 'string') {
    losses.add('its part of the sound cannot be used', id, audio);
    return undefined;
  }
  if (audio.samples.length === 0) return undefined;
  const regions = await detector.detect(audio.samples);
  return { id, speaker, samples: keepRegions(fromGrid(audio.samples), regions), phones };
}
