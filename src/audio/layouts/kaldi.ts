// Kaldi data folders: wav.scp (id and path), segments, reco2file_and_channel, utt2spk; `text` is not opened. A
// folder with these files, or one whose subfolders (train, dev, test, …) have them. Pipes in wav.scp are
// commands: they are refused, never run.
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { AsrError } from '../../core/errors.js';
import { readLines } from '../../core/jsonl.js';
import { idAndRest } from '../../core/lines.js';
import { shown } from '../../core/shown.js';
import { isSoundFile, safeId } from '../ids.js';
import { isWanted, splitFor, type Candidate, type Layout } from './candidate.js';

export const kaldiLayout: Layout = {
  async *read(root, config, data) {
    for (const folder of kaldiFolders(root, config)) {
      const speakers = await readPairs(join(folder, 'utt2spk'));
      const [files, utterances] = [
        await readSeconds(join(folder, 'reco2dur')),
        await readSeconds(join(folder, 'utt2dur')),
      ];
      const part = folder === root ? undefined : basename(folder);
      const about = (id: string) => ({ speaker: safeId(speakers.get(id) ?? id), split: splitFor(part, id, config) });
      const place = relativeTo([data, root, ...kaldiParents(root)]);
      if (!existsSync(join(folder, 'segments'))) {
        for (const entry of await recordingsOf(folder)) {
          if ('problem' in entry) yield entry;
          else {
            const { id, path, ...mix } = entry;
            yield {
              id: safeId(id),
              path: place(path),
              ...about(id),
              ...mix,
              ...lengthOf(files.get(id) ?? utterances.get(id)),
            };
          }
        }
        continue;
      }
      const recordings = new Map<string, Recording>();
      for (const entry of await recordingsOf(folder)) {
        if ('problem' in entry) yield entry;
        else if ((recordings.get(entry.id)?.path ?? entry.path) !== entry.path) {
          yield { id: safeId(entry.id), problem: 'wav.scp gives it two files; the first is taken' };
        } else recordings.set(entry.id, { ...entry, ...lengthOf(files.get(entry.id)) });
      }
      yield* segmentCandidates(folder, { recordings, utterances }, place, about);
    }
  },
  external: (root, config) =>
    kaldiFolders(root, config)
      .flatMap((folder) =>
        ['wav.scp', 'segments', 'utt2spk', 'reco2file_and_channel', 'reco2dur', 'utt2dur'].map((name) =>
          join(folder, name),
        ),
      )
      .filter((path) => existsSync(path)),
};

/** Seconds by which the lengths of utterances are rounded (frames of 10 ms, often one or two fewer). */
const rounding = 0.1;

/** Paths in wav.scp usually start at the recipe's folder: two above data/train. */
const kaldiParents = (root: string): string[] => [resolve(root, '..'), resolve(root, '../..')];

/** @throws AsrError 'input' when there is no wav.scp */
export function kaldiFolders(root: string, config: { readonly parts: readonly string[] }): string[] {
  if (existsSync(join(root, 'wav.scp'))) return [root];
  const below = existsSync(root)
    ? readdirSync(root)
        .filter((name) => existsSync(join(root, name, 'wav.scp')))
        .sort()
    : [];
  const wanted = below.filter((name) => isWanted(name, config));
  if (wanted.length > 0) return wanted.map((name) => join(root, name));
  throw new AsrError(
    'input',
    `${root}: no Kaldi data folder (no wav.scp here or one folder below)`,
    below.length > 0 ? `audio.parts asks for none of ${below.join(', ')}.` : 'Check --data and audio.dir.',
  );
}

interface Lists {
  readonly recordings: ReadonlyMap<string, Recording>;
  /** Seconds by utterance. */
  readonly utterances: ReadonlyMap<string, number>;
}
type About = (id: string) => { speaker: string; split: 'train' | 'test' };

async function* segmentCandidates(
  folder: string,
  { recordings, utterances }: Lists,
  place: (path: string) => string,
  about: About,
): AsyncGenerator<Candidate> {
  let number = 0;
  for await (const line of readLines(join(folder, 'segments'))) {
    number++;
    if (line.trim() === '') continue;
    const [id = '', recording = '', start, end, channel] = line.trim().split(/\s+/);
    const found = recordings.get(recording);
    const [from, to] = [Number(start), Number(end)];
    if (end === undefined || !(from >= 0) || !(to > from || to === -1))
      yield {
        id: safeId(id),
        problem: `line ${number} of segments: expected "id recording start end" with 0 <= start < end in seconds`,
      };
    else if (found === undefined)
      yield {
        id: safeId(id),
        problem: `line ${number} of segments: wav.scp has no usable recording ${shown(recording)}`,
      };
    else if (to !== -1 && Math.abs((utterances.get(id) ?? to - from) - (to - from)) > rounding)
      yield {
        id: safeId(id),
        problem:
          `line ${number} of segments: it lasts ${Number((to - from).toFixed(3))} s, and ${utterances.get(id)} s by ` +
          'utt2dur',
      };
    else if (channel !== undefined && !/^\d{1,4}$/.test(channel))
      yield {
        id: safeId(id),
        problem: `line ${number} of segments: the channel (fifth column) counts from 0, found ${shown(channel)}`,
      };
    else
      yield {
        id: safeId(id),
        path: place(found.path),
        ...about(id),
        start: from,
        ...(to === -1 ? {} : { end: to }),
        ...(channel === undefined
          ? found.channel === undefined
            ? {}
            : { channel: found.channel, orOnly: found.orOnly ?? false }
          : { channel: Number(channel) }),
        ...lengthOf(found.fileSeconds),
      };
  }
}

interface Recording {
  readonly id: string;
  readonly path: string;
  readonly channel?: number;
  readonly orOnly?: boolean;
  readonly fileSeconds?: number;
}
type Entry = Recording | { readonly id: string; readonly problem: string };

/** wav.scp with the channels of reco2file_and_channel: of one file several recordings, a speaker on each channel. */
async function recordingsOf(folder: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of wavEntries(folder)) entries.push(entry);
  const table = join(folder, 'reco2file_and_channel');
  if (!existsSync(table)) return entries;
  const channels = new Map<string, number | undefined>();
  for await (const line of readLines(table)) {
    const [id, , channel] = line.trim().split(/\s+/);
    if (id !== undefined && channel !== undefined) channels.set(id, channelNamed(channel));
  }
  const uses = new Map<string, number>();
  for (const entry of entries) if ('path' in entry) uses.set(entry.path, (uses.get(entry.path) ?? 0) + 1);
  return entries.map((entry): Entry => {
    if ('problem' in entry || !channels.has(entry.id)) return entry;
    const channel = channels.get(entry.id);
    if (channel === undefined)
      return { id: safeId(entry.id), problem: 'reco2file_and_channel: the channel is A, B … or 1, 2 …' };
    // A file of its own may have been cut out of a call already.
    return { ...entry, channel, orOnly: uses.get(entry.path) === 1 };
  });
}

/** `A` or `1` is the first. */
function channelNamed(name: string): number | undefined {
  if (/^[A-Za-z]$/.test(name)) return name.toUpperCase().charCodeAt(0) - 65;
  return /^[1-9]\d{0,3}$/.test(name) ? Number(name) - 1 : undefined;
}

async function* wavEntries(
  folder: string,
): AsyncGenerator<{ id: string; path: string } | { id: string; problem: string }> {
  let number = 0;
  for await (const line of readLines(join(folder, 'wav.scp'))) {
    number++;
    if (line.trim() === '') continue;
    const [id, rest] = idAndRest(line.trim());
    const problem = rest === '' ? `line ${number} of wav.scp: no path after the id` : refusal(rest);
    yield problem === undefined ? { id, path: rest } : { id: safeId(id), problem };
  }
}

/** Why an entry is no plain file; undefined for one. */
function refusal(entry: string): string | undefined {
  if (entry.endsWith('|') || entry.startsWith('|')) {
    const file = entry
      .slice(0, 4096)
      .split(/\s+/)
      .find((word) => isSoundFile(basename(word)));
    return (
      `wav.scp names a command (${JSON.stringify(entry.slice(0, 60))}), and commands out of data folders are ` +
      'not run; ' +
      (file === undefined
        ? 'write its output to a file and name that'
        : `name ${shown(file)} itself: every format that ffmpeg reads is decoded`)
    );
  }
  if (/\.ark(:\d+)?$/.test(entry))
    return (
      `wav.scp names an archive (${JSON.stringify(entry.slice(0, 60))}); write wav ` +
      "files with Kaldi's wav-copy and name those"
    );
  return entry === '-' ? 'wav.scp names standard input' : undefined;
}

/** A path of a manifest to an absolute one: below the first of the folders where such a file is. */
export function relativeTo(bases: readonly string[]): (path: string) => string {
  let found: string | undefined;
  return (path) => {
    if (found === undefined || !path.startsWith('/')) found ??= bases.find((base) => existsSync(resolve(base, path)));
    return resolve(found ?? bases[0] ?? '.', path);
  };
}

/** `id seconds` lines; what is no length is passed over, a missing file is an empty map. */
async function readSeconds(path: string): Promise<Map<string, number>> {
  const lengths = new Map<string, number>();
  for (const [id, value] of await readPairs(path)) if (Number(value) > 0) lengths.set(id, Number(value));
  return lengths;
}

const lengthOf = (seconds: number | undefined): { fileSeconds?: number } =>
  seconds === undefined ? {} : { fileSeconds: seconds };

/** `id value` lines; a missing file is an empty map. */
async function readPairs(path: string): Promise<Map<string, string>> {
  const pairs = new Map<string, string>();
  if (!existsSync(path)) return pairs;
  for await (const line of readLines(path)) {
    const [id, value] = line.trim().split(/\s+/);
    if (id !== undefined && value !== undefined) pairs.set(id, value);
  }
  return pairs;
}
