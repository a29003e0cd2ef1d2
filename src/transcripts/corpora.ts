// Transcripts of whole corpora in the layouts of src/audio/layouts.ts, with the ids that the audio stage gives. Like
// references.ts it opens what people wrote: who may reach it before `score` is held by test/imports.test.ts.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { TranscribedLayout } from '../audio/config.js';
import { safeId, stem } from '../audio/ids.js';
import { audioFolderId, audioFolderRows, audioFolderTables } from '../audio/layouts/audiofolder.js';
import { voxforgeId } from '../audio/layouts/folder.js';
import { kaldiFolders } from '../audio/layouts/kaldi.js';
import { lhotseParts, parsedLines } from '../audio/layouts/lhotse.js';
import { timitId } from '../audio/layouts/timit.js';
import { filesBelow } from '../audio/sound-files.js';
import { AsrError } from '../core/errors.js';
import { readLines } from '../core/jsonl.js';
import { refuseLfsPointer } from '../core/lfs-pointer.js';
import { entryIds, readTsvIds } from '../features/fairseq-folder.js';
import type { ReferenceTranscript } from './transcript.js';
import { timitPhones, type TimitPhones } from './timit-phones.js';

export interface CorpusText {
  readonly unit: 'words' | 'phones';
  /** Which folding of TIMIT's phones; 39 where none is given. */
  readonly timit?: TimitPhones;
}

/**
 * All transcripts of a corpus, each id once; a line without id or text is passed over.
 * @param root the folder that `audio.dir` names for the same layout
 * @throws AsrError 'input' when the folder is missing
 */
export async function* corpusTranscripts(
  layout: TranscribedLayout,
  root: string,
  wanted: CorpusText = { unit: 'words' },
): AsyncGenerator<ReferenceTranscript> {
  const seen = new Set<string>();
  for await (const { id, text } of readers[layout](root, wanted)) {
    if (id === '' || text.trim() === '' || seen.has(id)) continue;
    seen.add(id);
    yield { id, text: text.normalize('NFC').trim() };
  }
}

type Reader = (root: string, wanted: CorpusText) => AsyncIterable<ReferenceTranscript>;

const readers: Readonly<Record<TranscribedLayout, Reader>> = {
  librispeech: (root) => pairsBelow(root, (name) => name.endsWith('.trans.txt')),
  mls: (root) => pairsBelow(root, (name) => name === 'transcripts.txt'),
  timit: timitTranscripts,
  commonvoice: async function* commonVoice(root) {
    for (const name of ['train', 'dev', 'test', 'validated']) {
      if (existsSync(join(root, `${name}.tsv`)))
        yield* columnTranscripts(join(root, `${name}.tsv`), 'path', 'sentence');
    }
  },
  ljspeech: async function* ljspeech(root) {
    for await (const line of readLines(join(root, 'metadata.csv'))) {
      const cells = line.split('|');
      // LJ Speech has the text as printed and, last, with its numbers written out.
      if (cells.length > 1) yield { id: safeId(stem((cells[0] as string).trim())), text: cells.at(-1) as string };
    }
  },
  voxforge: voxforgeTranscripts,
  kaldi: async function* kaldi(root) {
    for (const folder of kaldiFolders(root, { parts: [] }))
      if (existsSync(join(folder, 'text'))) yield* pairs(join(folder, 'text'));
  },
  lhotse: async function* lhotse(root) {
    const schema = z.object({ id: z.string(), text: z.string() });
    for (const { supervisions } of lhotseParts(root, { parts: [] })) {
      if (supervisions === undefined) continue;
      for await (const { value } of parsedLines(supervisions, schema))
        if (value) yield { id: safeId(value.id), text: value.text };
    }
  },
  mboshi: (root, { unit }) =>
    columnTranscripts(join(root, 'utterances.tsv'), 'utt_id', unit === 'phones' ? 'phones_limsi' : 'transcript'),
  audiofolder: async function* audioFolder(root) {
    for (const table of audioFolderTables(root))
      for await (const { file, cell } of audioFolderRows(table)) {
        const text = ['transcription', 'transcript', 'sentence', 'text'].map(cell).find((said) => said !== undefined);
        if (file !== undefined && text !== undefined) yield { id: audioFolderId(root, join(table, '..'), file), text };
      }
  },
};

/**
 * The folder of fairseq's wav2vec-U preparation: NAME.phn (or .wrd), a line for each file of NAME.tsv, under each name
 * that an utterance may have there.
 * @throws AsrError 'input' when nothing of the kind is there or lines and files do not pair up
 */
export async function* fairseqTranscripts(folder: string, { unit }: CorpusText): AsyncGenerator<ReferenceTranscript> {
  const ending = unit === 'phones' ? '.phn' : '.wrd';
  const names = existsSync(folder)
    ? (await readdir(folder))
        .filter((name) => name.endsWith(ending) && existsSync(join(folder, name.replace(ending, '.tsv'))))
        .sort()
    : [];
  if (names.length === 0)
    throw new AsrError(
      'input',
      `${folder}: no NAME${ending} with NAME.tsv beside it`,
      `score.layout is fairseq: expected train${ending}, valid${ending} … and the .tsv that names their files; ` +
        'score.unit says phones (.phn) or words (.wrd).',
    );
  for (const name of names) {
    const entries = await readTsvIds(join(folder, name.replace(ending, '.tsv')));
    let line = 0;
    for await (const text of readLines(join(folder, name))) {
      const entry = entries[line++];
      if (entry) for (const id of entryIds(entry.id)) yield { id, text: text.normalize('NFC').trim() };
    }
    if (line !== entries.length)
      throw new AsrError(
        'input',
        `${join(folder, name)}: ${line} lines, its .tsv names ${entries.length} files`,
        'The files belong to different preparations; make them again.',
      );
  }
}

/** `id text`, separated by white space. */
async function* pairs(path: string): AsyncGenerator<ReferenceTranscript> {
  for await (const line of readLines(path)) {
    const at = line.search(/\s/u);
    if (at > 0) yield { id: safeId(line.slice(0, at)), text: line.slice(at + 1) };
  }
}

async function* pairsBelow(root: string, wanted: (name: string) => boolean): AsyncGenerator<ReferenceTranscript> {
  for await (const { path } of filesBelow(root, wanted)) yield* pairs(path);
}

async function* columnTranscripts(
  path: string,
  idColumn: string,
  textColumn: string,
): AsyncGenerator<ReferenceTranscript> {
  let columns: readonly number[] | undefined;
  for await (const line of readLines(path)) {
    const cells = line.split('\t');
    if (columns)
      yield { id: safeId(stem(cells[columns[0] as number]?.trim() ?? '')), text: cells[columns[1] as number] ?? '' };
    else columns = [idColumn, textColumn].map((name) => cells.map((cell) => cell.trim()).indexOf(name));
  }
}

/** Phones from .PHN, words from .WRD (`start end token` a line). */
async function* timitTranscripts(
  root: string,
  { unit, timit = '39' }: CorpusText,
): AsyncGenerator<ReferenceTranscript> {
  const ending = unit === 'phones' ? '.phn' : '.wrd';
  for await (const { parts, path } of filesBelow(root, (name) => name.toLowerCase().endsWith(ending))) {
    const file = await readFile(path, 'utf8');
    refuseLfsPointer(file, path, 'input');
    const tokens =
      unit === 'phones' ? timitPhones(file, timit) : file.split('\n').map((line) => line.trim().split(/\s+/)[2] ?? '');
    yield { id: timitId(parts), text: tokens.join(' ') };
  }
}

/** `etc/PROMPTS` (paths, upper case), else `etc/prompts-original`, of each submission. */
async function* voxforgeTranscripts(root: string): AsyncGenerator<ReferenceTranscript> {
  for await (const { parts, path } of filesBelow(root, (name) => /^prompts(-original)?$/i.test(name))) {
    if (parts.at(-2)?.toLowerCase() !== 'etc') continue;
    const folder = parts.at(-3) ?? basename(root);
    for await (const { id, text } of pairs(path)) yield { id: voxforgeId(folder, id.split('/').at(-1) ?? id), text };
  }
}
