// Layouts whose folders say everything: plain folders, LibriSpeech, MLS, TIMIT and VoxForge. A sound file's path in,
// its id, speaker and split out; no other file of the corpus is opened.
import { basename } from 'node:path';
import type { AudioConfig } from '../config.js';
import { safeId, splitOf, stem } from '../ids.js';
import { soundFiles, type SoundFile } from '../sound-files.js';
import { isWanted, splitFor, splitNamed, unusable, type Candidate, type Layout } from './candidate.js';
import { isCoreTestSpeaker, timitId } from './timit.js';

export const folderLayout: Layout = {
  async *read(root, config) {
    for await (const file of soundFiles(root)) {
      if (file.problem !== undefined) {
        yield unusable(file);
        continue;
      }
      const name = config.ids === 'path' ? file.parts.join('_') : (file.parts.at(-1) ?? '');
      const id = safeId(stem(name));
      yield { id, path: file.path, speaker: speakerOf(file, root, id, config), split: splitOf(id, config.testShare) };
    }
  },
};

export function speakerOf(file: SoundFile, root: string, id: string, config: AudioConfig): string {
  if (config.speakers === 'one') return 'speaker';
  if (config.speakers === 'file') return id;
  const folders = file.parts.slice(0, -1);
  return safeId((config.speakers === 'top' ? folders[0] : folders.at(-1)) ?? basename(root));
}

/** LibriSpeech (`<part>/<speaker>/<chapter>/*.flac`) and MLS (`<part>/audio/<speaker>/<book>/*.flac`). */
export const bookLayout: Layout = {
  async *read(root, config) {
    for await (const file of soundFiles(root)) {
      const { parts, path } = file;
      if (file.problem !== undefined) {
        yield unusable(file);
        continue;
      }
      const part = parts.slice(0, -3).find((name) => splitNamed(name) !== undefined);
      if (config.parts.length > 0 && !isWanted(part ?? '', config)) continue;
      const id = safeId(stem(parts.at(-1) ?? ''));
      // A file that lies higher still names its speaker first: 84-121123-0000, 84_121123_000000.
      yield { id, path, speaker: safeId(parts.at(-3) ?? id.split(/[-_]/)[0] ?? id), split: splitFor(part, id, config) };
    }
  },
};

/**
 * TIMIT (`TRAIN/DR1/FCJF0/SX37.WAV`, in either case). The SA sentences, which every speaker reads, are passed over; of
 * TEST the 24 speakers of the core test set are taken unless `audio.parts` says `test`.
 */
export const timitLayout: Layout = {
  async *read(root, config) {
    const wanted = config.parts.length === 0 ? ['train', 'core-test'] : config.parts;
    let last: Candidate | undefined;
    for await (const file of soundFiles(root)) {
      const { parts, path } = file;
      if (file.problem !== undefined) {
        yield unusable(file);
        continue;
      }
      const id = timitId(parts);
      const speaker = parts.at(-2)?.toLowerCase() ?? '';
      const split = parts.map((name) => name.toLowerCase()).find((name) => name === 'train' || name === 'test');
      // Converted copies stand beside their originals: SA1.WAV and SA1.WAV.wav.
      if (last?.id === id || /_sa[12]$/.test(id)) continue;
      if (split === 'train' || split === 'test') {
        if (
          !wanted.includes(split) &&
          !(split === 'test' && wanted.includes('core-test') && isCoreTestSpeaker(speaker))
        )
          continue;
        yield (last = { id, path, speaker: safeId(speaker), split });
      } else yield (last = { id, problem: `${JSON.stringify(path)} lies neither in a folder TRAIN nor in TEST` });
    }
  },
};

/** VoxForge (`<speaker>-<date>-<code>/wav/a0001.wav`). Anonymous people are not one speaker. */
export const voxforgeLayout: Layout = {
  async *read(root, config) {
    for await (const file of soundFiles(root)) {
      const { parts, path } = file;
      if (file.problem !== undefined) {
        yield unusable(file);
        continue;
      }
      const folder = voxforgeFolder(parts) ?? basename(root);
      const id = voxforgeId(folder, parts.at(-1) ?? '');
      const name = /^anonymous/i.test(folder) ? folder : folder.replace(/-\d{8}.*$/s, '');
      yield { id, path, speaker: safeId(name), split: splitOf(id, config.testShare) };
    }
  },
};

/** The folder of a submission: the one that holds `wav` or `flac`. */
const voxforgeFolder = (parts: readonly string[]): string | undefined =>
  /^(wav|flac)$/i.test(parts.at(-2) ?? '') ? parts.at(-3) : parts.at(-2);

export const voxforgeId = (folder: string, file: string): string => safeId(`${folder}_${stem(file)}`);
