// The corpus as it lies on disk in, candidate recordings out: which file (or which part of it), which id, who speaks,
// which split. One entry for each layout that researchers have on disk; docs/corpora.md describes them.
import { resolve } from 'node:path';
import { IdTable, TextList } from '../core/id-table.js';
import { chosenWay, noSettings, registerBuiltIn } from '../core/plugins.js';
import type { AudioConfig, LayoutName } from './config.js';
import { audioFolderLayout } from './layouts/audiofolder.js';
import { defineLayout, type Candidate, type Layout, type LayoutPlugin } from './layouts/candidate.js';
import { commonVoiceLayout } from './layouts/common-voice.js';
import { bookLayout, folderLayout, timitLayout, voxforgeLayout } from './layouts/folder.js';
import { kaldiLayout } from './layouts/kaldi.js';
import { lhotseLayout } from './layouts/lhotse.js';
import { ljspeechLayout, mboshiLayout, metadataLayout, tsvLayout } from './layouts/table.js';

export type { Candidate } from './layouts/candidate.js';

const layouts: Readonly<Record<LayoutName, readonly [summary: string, layout: Layout]>> = {
  folder: ['every sound file below a folder', folderLayout],
  metadata: ['a table id|text beside the sound', metadataLayout],
  tsv: ['a table with a header', tsvLayout],
  librispeech: ['LibriSpeech', bookLayout],
  mls: ['Multilingual LibriSpeech', bookLayout],
  timit: ['TIMIT', timitLayout],
  commonvoice: ['Common Voice', commonVoiceLayout],
  ljspeech: ['LJ Speech', ljspeechLayout],
  voxforge: ['VoxForge', voxforgeLayout],
  kaldi: ['a Kaldi data folder', kaldiLayout],
  lhotse: ['lhotse manifests', lhotseLayout],
  mboshi: ['the Mboshi corpus', mboshiLayout],
  audiofolder: ['an AudioFolder of Hugging Face datasets', audioFolderLayout],
};

registerBuiltIn(
  Object.entries(layouts).map(([name, [summary, layout]]) =>
    defineLayout({
      ...{ name, version: 1, summary, config: noSettings },
      read: (root, _, config, data) => layout.read(root, config, data),
      external: (root, config, data) => layout.external?.(root, config, data) ?? [root],
    }),
  ),
);

function layoutOf({ layout, plugin }: AudioConfig): Layout {
  const { way, settings } = chosenWay<LayoutPlugin>('layout', layout, plugin);
  return {
    read: (root, config, data) => way.read(root, settings, config, data),
    external: (root, config, data) => way.external?.(root, config, data) ?? [root],
  };
}

/** Files and folders that decide what is found. @throws AsrError 'input' when a part of the corpus is missing */
export function layoutFiles(config: AudioConfig, data: string): readonly string[] {
  const root = resolve(data, config.dir);
  return layoutOf(config).external?.(root, config, data) ?? [root];
}

/**
 * Lists the corpus in a fixed order. Ids are unique among those without a problem.
 * @throws AsrError 'input' when folder or table are missing, or the table lacks a column
 */
export async function* findRecordings(config: AudioConfig, data: string): AsyncGenerator<Candidate> {
  const taken = new IdTable();
  const paths = new TextList();
  const speakers = new Set(config.without?.speakers);
  const recordings = new Set(config.without?.recordings);
  for await (const candidate of layoutOf(config).read(resolve(data, config.dir), config, data)) {
    const { id } = candidate;
    if (recordings.has(id) || ('speaker' in candidate && speakers.has(candidate.speaker))) continue;
    if ('problem' in candidate) {
      yield candidate;
      continue;
    }
    const number = taken.push(id);
    if (number < paths.length) {
      const first = paths.at(number);
      const remedy =
        first.normalize() === candidate.path.normalize()
          ? ' (the same letters, accents composed in another way); rename one'
          : '; rename one, or set audio.ids=path for folders that reuse names';
      const pair = `${JSON.stringify(candidate.path)} is left out, ${JSON.stringify(first)} was first`;
      yield { id, problem: `duplicate id: ${pair}${remedy}` };
    } else {
      paths.push(candidate.path);
      yield candidate;
    }
  }
}
