// The audio stage: a corpus in any supported layout in; recordings.jsonl and 16 kHz mono samples out.
// Every file that cannot be used is left out by name, and costs nothing but itself.
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { AsrError, itemProblem } from '../core/errors.js';
import { JsonlWriter } from '../core/jsonl.js';
import { startProgress } from '../core/progress.js';
import type { Recording, Split } from '../core/records.js';
import { ranges, repeatSkipped } from '../core/pieces.js';
import { ShardWriter } from '../core/shard-writer.js';
import { defineStage, type Piece, type StageIo } from '../core/stage.js';
import { sampleRate, type Samples, samplesOf } from '../core/time.js';
import { audioConfig, type AudioConfig } from './config.js';
import { decodeToGrid } from './decode.js';
import { inOrder } from './in-order.js';
import { findRecordings, layoutFiles, type Candidate } from './layouts.js';
import type { GridAudio } from './mono.js';
import { createRecordings, readRecordings, SampleReader } from './samples.js';
import { Notes } from './notes.js';
import { bySource, cut, type Source } from './source.js';

/** Beyond this, decoders wait for the disk; each holds a whole recording in memory. */
const mostDecoders = 4;

type Outcome =
  | { readonly recording: Recording; readonly audio: GridAudio }
  | {
      readonly id: string;
      readonly problem: string;
      readonly about?: { readonly speaker: string; readonly split: Split };
    };

export const audioStage = defineStage({
  name: 'audio',
  version: 3,
  reads: [],
  config: audioConfig,
  external: layoutFiles,
  async run(io) {
    let candidates: Candidate[] = [];
    let total = 0;
    for await (const candidate of findRecordings(io.config, io.data)) {
      // Of a corpus that goes through pieces, no more than one of them is held at a time.
      if (total++ < io.shardItems) candidates.push(candidate);
      else candidates = [];
    }
    const counts = total > io.shardItems ? await joinPieces(io, total) : await decodeInto(io, candidates);
    if (counts.recordings === 0) throw nothingThere(total, io.config.dir, io.data);
    return { recordings: counts.recordings, seconds: counts.samples / sampleRate };
  },
  async piece(io, input) {
    await decodeInto(io, input as Candidate[]);
  },
});

/** Pieces of so many recordings, decoded side by side, then one after the other into the stage's files. */
async function joinPieces(io: StageIo<AudioConfig>, total: number): Promise<Written> {
  const folders = await io.pieces(piecesOf(io, total));
  const output = await openOutput(io.out);
  try {
    for (const folder of folders) {
      io.signal?.throwIfAborted();
      await repeatSkipped(folder, io.skip);
      await using samples = await SampleReader.open(folder);
      for await (const recording of readRecordings(folder)) {
        await output.samples.append(recording.id, await samples.readGrid(recording.id));
        await output.recordings.write(recording);
      }
    }
  } finally {
    await output.close();
  }
  return output.written();
}

/** Lists the corpus again: what was added to it meanwhile belongs to the next run, whose inputs have changed. */
async function* piecesOf(io: StageIo<AudioConfig>, total: number): AsyncGenerator<Piece> {
  const names = ranges(total, io.shardItems).map(({ name }) => name);
  let input: Candidate[] = [];
  let place = 0;
  for await (const candidate of findRecordings(io.config, io.data)) {
    if (place === names.length) return;
    input.push(candidate);
    if (input.length < io.shardItems) continue;
    yield { name: names[place++] as string, input };
    input = [];
  }
  if (input.length > 0) yield { name: names[place] as string, input };
}

async function decodeInto(
  io: Omit<StageIo<AudioConfig>, 'pieces' | 'shardItems'>,
  candidates: readonly Candidate[],
): Promise<Written> {
  const output = await openOutput(io.out);
  const progress = startProgress(io.log, 'decode', candidates.length, 'recordings');
  const width = Math.min(mostDecoders, io.compute.threads || availableParallelism());
  let done = 0;
  const notes = new Notes();
  try {
    for await (const outcomes of inOrder(bySource(candidates), width, (source) => decode(source, io))) {
      io.signal?.throwIfAborted();
      for (const outcome of outcomes) {
        if ('problem' in outcome) await io.skip(outcome.id, outcome.problem, outcome.about);
        else {
          const { recording, audio } = outcome;
          notes.add(recording.id, audio.note);
          if (audio.warning !== undefined) io.log.warn(`"${recording.id}" is ${audio.warning}`);
          await output.samples.append(recording.id, audio.samples);
          await output.recordings.write(recording);
        }
        progress.update(++done);
      }
    }
  } finally {
    progress.finish();
    notes.tell(io.log);
    await output.close();
  }
  return output.written();
}

interface Written {
  readonly recordings: number;
  readonly samples: number;
}

async function openOutput(
  folder: string,
): Promise<{ recordings: JsonlWriter; samples: ShardWriter; close(): Promise<void>; written(): Written }> {
  const recordings = await createRecordings(folder);
  const samples = await ShardWriter.create(join(folder, 'samples'), { columns: 1, type: 'int16' });
  const close = async (): Promise<void> => {
    await samples.close();
    await recordings.close();
  };
  return { recordings, samples, close, written: () => ({ recordings: recordings.count, samples: samples.rows }) };
}

interface Rules {
  readonly data: string;
  readonly config: { readonly minSeconds: number };
}

/** Decodes a file once and cuts the recordings out of it. */
async function decode({ path, mix, items }: Source, io: Rules): Promise<Outcome[]> {
  let whole: GridAudio | AsrError | undefined;
  if (path !== undefined) {
    try {
      whole = await decodeToGrid(path, mix);
    } catch (thrown) {
      whole = itemProblem(thrown);
    }
  }
  return items.map((item) => outcomeOf(item, whole, io));
}

function outcomeOf(candidate: Candidate, whole: GridAudio | AsrError | undefined, io: Rules): Outcome {
  if ('problem' in candidate) return candidate;
  const { id, path, speaker, split, start } = candidate;
  const about = { speaker, split };
  if (whole === undefined || whole instanceof Error) return { id, about, problem: whole?.message ?? 'not decoded' };
  const audio = cut(whole, candidate);
  if (typeof audio === 'string') return { id, about, problem: audio };
  const seconds = audio.samples.length / sampleRate;
  if (seconds < io.config.minSeconds) {
    return {
      id,
      about,
      problem:
        `${seconds.toFixed(3)} s is shorter than audio.minSeconds=${io.config.minSeconds}` +
        (audio.warning === undefined ? '' : `; the file is ${audio.warning}`),
    };
  }
  const { samples, sourceRate, sourceChannels } = audio;
  const offset = start === undefined ? {} : { offset: samplesOf(start) };
  return {
    audio,
    recording: {
      id,
      path: relative(io.data, path),
      speaker,
      split,
      samples: samples.length as Samples,
      sourceRate,
      sourceChannels,
      ...offset,
    },
  };
}

function nothingThere(candidates: number, dir: string, data: string): AsrError {
  return candidates === 0
    ? new AsrError('input', `${resolve(data, dir)}: no sound files found`, 'Check --data, audio.dir and audio.layout.')
    : new AsrError(
        'input',
        `${resolve(data, dir)}: none of ${candidates} recordings could be used`,
        'The warnings above say why for each.',
      );
}
