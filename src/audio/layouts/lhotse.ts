// Lhotse manifests: `*recordings*.jsonl(.gz)` and, where they are there,
// `*supervisions*.jsonl(.gz)`, which cut recordings into utterances. Read line by line; of a
// supervision everything but ids, times and speaker is dropped unread.
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../../core/errors.js';
import { readLines } from '../../core/jsonl.js';
import { shortened, shown } from '../../core/shown.js';
import type { AudioConfig } from '../config.js';
import { safeId } from '../ids.js';
import { splitFor, splitNamed, type Candidate, type Layout } from './candidate.js';
import { relativeTo } from './kaldi.js';

/** Of one recording. */
const mostChannels = 1024;
const channel = z.number().int().nonnegative().max(mostChannels);
export const recordingSchema = z.object({
  id: z.string().min(1),
  sources: z
    .array(z.object({ type: z.string(), source: z.string(), channels: z.array(channel).max(mostChannels).optional() }))
    .min(1)
    .max(mostChannels),
  transforms: z.array(z.unknown()).max(1000).nullish(),
  sampling_rate: z.number().positive().max(1e7).nullish(),
  num_samples: z.number().nonnegative().max(1e12).nullish(),
  duration: z.number().nonnegative().max(1e8).nullish(),
});
type Source = z.infer<typeof recordingSchema>['sources'][number];
/** What of a recording's record is used. */
interface Files {
  readonly sources: readonly Source[];
  readonly fileSeconds?: number;
}
export const supervisionSchema = z.object({
  id: z.string().min(1),
  recording_id: z.string().min(1),
  start: z.number().nonnegative().max(1e8),
  duration: z.number().positive().max(1e8),
  channel: z.union([channel, z.array(channel).max(mostChannels)]).optional(),
  speaker: z.string().nullish(),
});

/** Seconds by which durations are rounded. */
const rounding = 0.1;

export interface LhotsePart {
  /** What the file name says beside "recordings", for instance `libri_train-clean-5`. */
  readonly name: string;
  readonly recordings: string;
  readonly supervisions: string | undefined;
}

export const lhotseLayout: Layout = {
  async *read(root, config, data) {
    for (const part of lhotseParts(root, config)) {
      const word = part.name.split(/[^\p{L}\p{N}-]+/u).find((name) => splitNamed(name) !== undefined);
      const split = (id: string) => splitFor(word, id, config);
      const place = relativeTo([data, root, resolve(root, '..'), resolve(root, '../..')]);
      const paths = new Map<string, Files>();
      for await (const { line, value } of parsedLines(part.recordings, recordingSchema)) {
        if (value === undefined) {
          yield { id: line, problem: `${line}: no recording as lhotse writes it` };
          continue;
        }
        const found = fileOf(value);
        if (typeof found === 'string') yield { id: safeId(value.id), problem: found };
        else if (part.supervisions === undefined && found.sources.length > 1)
          yield { id: safeId(value.id), problem: `it has ${found.sources.length} sources; only one file is read` };
        else if (part.supervisions === undefined)
          yield {
            id: safeId(value.id),
            path: place(found.sources[0]?.source ?? ''),
            speaker: safeId(value.id),
            split: split(value.id),
            ...oneOf(found.sources[0]?.channels),
            ...lengthOf(found),
          };
        else if (paths.has(value.id))
          yield { id: safeId(value.id), problem: 'the manifest has two recordings of this id; the first is taken' };
        else paths.set(value.id, found);
      }
      if (part.supervisions !== undefined) yield* supervised(part.supervisions, paths, place, split);
    }
  },
  external: (root, config) =>
    lhotseParts(root, config).flatMap(({ recordings, supervisions }) =>
      supervisions === undefined ? [recordings] : [recordings, supervisions],
    ),
};

async function* supervised(
  file: string,
  paths: ReadonlyMap<string, Files>,
  place: (path: string) => string,
  split: (id: string) => 'train' | 'test',
): AsyncGenerator<Candidate> {
  for await (const { line, value } of parsedLines(file, supervisionSchema)) {
    if (!value) {
      yield { id: line, problem: `${line}: no supervision as lhotse writes it` };
      continue;
    }
    const id = safeId(value.id);
    const recording = paths.get(value.recording_id);
    const found = recording && channelOf(recording.sources, value.channel);
    if (recording === undefined || found === undefined)
      yield { id, problem: `there is no usable recording ${shown(value.recording_id)}` };
    else if (typeof found === 'string') yield { id, problem: found };
    else
      yield {
        id,
        path: place(found.source),
        speaker: safeId(value.speaker ?? value.recording_id),
        split: split(value.id),
        start: value.start,
        end: value.start + value.duration,
        ...(found.channel === undefined ? {} : { channel: found.channel, orOnly: found.orOnly ?? false }),
        ...lengthOf(recording),
      };
  }
}

/** The files of a recording, or why they cannot be read as they are. */
function fileOf(recording: z.infer<typeof recordingSchema>): Files | string {
  const { sources, transforms, sampling_rate: rate, num_samples: samples, duration } = recording;
  const advice = "save the sound, for instance with lhotse's CutSet.save_audios";
  const changes = (transforms ?? []).map((transform) => {
    const name = (transform as { name?: unknown } | null)?.name;
    return typeof name === 'string' ? shortened(name, 40) : '?';
  });
  if (changes.length > 0)
    return `it has transforms (${changes.slice(0, 5).join(', ')}), which are not applied: ${advice}`;
  const other = sources.find(({ type }) => type !== 'file');
  if (!other) {
    const counted = rate == null || samples == null ? undefined : samples / rate;
    const seconds = duration ?? counted;
    if (duration != null && counted !== undefined && Math.abs(duration - counted) > rounding)
      return (
        `its duration is ${duration} s, but ${samples} samples at ${rate} Hz last ${Number(counted.toFixed(3))} s: ` +
        'correct the manifest'
      );
    return { sources, ...(seconds === undefined ? {} : { fileSeconds: seconds }) };
  }
  return (
    `its source is a ${shortened(other.type, 40)} (${shown(other.source, 60)}), and only files are read: ` + advice
  );
}

const lengthOf = ({ fileSeconds }: Files): { fileSeconds?: number } =>
  fileSeconds === undefined ? {} : { fileSeconds };

/** A source that stands for one channel: of a file with more, the one of that number. */
const oneOf = (channels: readonly number[] | undefined): { channel: number; orOnly: true } | undefined =>
  channels?.length === 1 ? { channel: channels[0]!, orOnly: true } : undefined;

/** Which file, and which of its channels, a supervision is on; or why that cannot be had. */
function channelOf(
  sources: readonly Source[],
  wanted: number | readonly number[] | undefined,
): { source: string; channel?: number; orOnly?: boolean } | string {
  const list = wanted === undefined ? [] : typeof wanted === 'number' ? [wanted] : wanted;
  const [only] = list;
  if (only !== undefined && list.length === 1) {
    // The list of a source names the channels of its file in their order.
    const source =
      sources.length === 1 && !sources[0]?.channels
        ? sources[0]
        : sources.find(({ channels }) => channels?.includes(only));
    if (!source) return `it is on channel ${only}, which none of its recording's sources has`;
    return {
      source: source.source,
      ...(oneOf(source.channels) ?? { channel: source.channels?.indexOf(only) ?? only }),
    };
  }
  const [source] = sources;
  if (!source || sources.length > 1)
    return `its recording has ${sources.length} sources, and it names no single channel`;
  const all = new Set(source.channels ?? list);
  if (list.length > 0 && !(list.length === all.size && list.every((channel) => all.has(channel))))
    return `it is on channels ${list.slice(0, 8).join(', ')}; one channel is taken, or all of a file`;
  return { source: source.source };
}

/** @throws AsrError 'input' when there is none */
export function lhotseParts(root: string, config: Pick<AudioConfig, 'parts'>): LhotsePart[] {
  const names = existsSync(root)
    ? readdirSync(root)
        .filter((name) => /\.jsonl(\.gz)?$/.test(name))
        .sort()
    : [];
  const recordings = names.filter((name) => name.includes('recordings'));
  const parts = recordings.map((name) => {
    const mate = name.replace('recordings', 'supervisions');
    const beside = [mate, mate.endsWith('.gz') ? mate.slice(0, -3) : `${mate}.gz`].find((other) =>
      names.includes(other),
    );
    const part = name
      .replace(/\.jsonl(\.gz)?$/, '')
      .replace(/[_-]?recordings[_-]?/, '_')
      .replace(/^_|_$/g, '');
    return {
      name: part,
      recordings: join(root, name),
      supervisions: beside === undefined ? undefined : join(root, beside),
    };
  });
  const wanted = parts.filter(
    ({ name }) => config.parts.length === 0 || config.parts.some((part) => name === part || name.endsWith(`_${part}`)),
  );
  if (wanted.length > 0) return wanted;
  throw new AsrError(
    'input',
    `${root}: no lhotse manifest (*recordings*.jsonl or .jsonl.gz)`,
    parts.length > 0
      ? `audio.parts asks for none of ${parts.map(({ name }) => name).join(', ')}.`
      : 'Check --data and audio.dir.',
  );
}

/** Lines with the record in them; undefined for a line that is none. */
export async function* parsedLines<T extends z.ZodType>(
  path: string,
  schema: T,
): AsyncGenerator<{ line: string; value: z.infer<T> | undefined }> {
  let number = 0;
  for await (const text of readLines(path)) {
    number++;
    if (text.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      value = undefined;
    }
    yield { line: `line ${number} of ${basename(path)}`, value: schema.safeParse(value).data };
  }
}
