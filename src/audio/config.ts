// What the audio stage can be told: where the sound lies, how the corpus is laid out, and which part is held out.
import { z } from 'zod';
import { section } from '../core/config.js';
import { byPlugin, pluginSetting } from '../core/plugins.js';

/** Layouts that keep their transcripts in a place of their own; src/transcripts/corpora.ts reads them. */
export const transcribedLayouts = [
  'librispeech',
  'mls',
  'timit',
  'commonvoice',
  'ljspeech',
  'voxforge',
  'kaldi',
  'lhotse',
  'mboshi',
  'audiofolder',
] as const;
export type TranscribedLayout = (typeof transcribedLayouts)[number];

/** Kinds of corpora that can be read; src/audio/layouts.ts has one entry for each. */
export const layoutNames = ['folder', 'metadata', 'tsv', ...transcribedLayouts] as const;
export type LayoutName = (typeof layoutNames)[number];

const names = z.array(z.string().min(1).max(1000)).max(1_000_000).default([]);

/** Speakers and recordings that are left out before their sound is opened. */
export const without = z.object({
  speakers: names.describe('speakers, as the layout names them'),
  recordings: names.describe('ids of recordings'),
});
export type Without = z.infer<typeof without>;

export const audioConfig = z.object({
  dir: z
    .string()
    .default('audio')
    .describe(
      'folder of sound files, or of the whole corpus for the layouts that have a name, relative to the data folder',
    ),
  layout: z
    .enum([...layoutNames, byPlugin])
    .default('folder')
    .describe(
      'folder: every sound file below dir; metadata: a table `id|text`, whose text is never used; tsv: a ' +
        'table with a header line; the others are corpora as they are published (docs/corpora.md), or ' +
        'names of layouts that a module of `use` registers',
    ),
  plugin: pluginSetting,
  parts: z
    .array(z.string())
    .default([])
    .describe(
      'parts of the corpus to take: folders (librispeech, mls, kaldi), tables (commonvoice), manifests (lhotse), ' +
        'splits (tsv, timit); [] = all, for timit train and the core test set',
    ),
  table: z
    .string()
    .default('metadata.csv')
    .describe('table of the layouts metadata and tsv, relative to the data folder'),
  columns: section({
    id: z.string().default('id').describe('column with the recording id; required'),
    path: z
      .string()
      .default('path')
      .describe('column with the file, relative to dir; without it the file is <dir>/<id>.<any known ending>'),
    speaker: z.string().default('speaker').describe('column with the speaker; without it `speakers` decides'),
    split: z
      .string()
      .default('split')
      .describe('column with train or test (dev, valid and eval count as test); without it `testShare` decides'),
    start: z
      .string()
      .default('start')
      .describe('column with the second at which the recording begins in its file; without it at 0'),
    end: z
      .string()
      .default('end')
      .describe('column with the second at which it ends; without it (and without `duration`) at the end of the file'),
    duration: z
      .string()
      .default('duration')
      .describe(
        'column with the length in seconds: of the part where a row says its start, else of the whole file, which ' +
          'is left out where it lasts otherwise',
      ),
    channel: z
      .string()
      .default('channel')
      .describe(
        'column with the channel of a call: A, B …, left, right, or a number ' +
          '(from 0, or from 1 where no row says 0); without it all are averaged',
      ),
  }).describe('header names of the tsv layout; other columns are not read'),
  ids: z
    .enum(['stem', 'path'])
    .default('stem')
    .describe(
      'ids of the folder layout: stem = file name without its ending; path = folders below dir and stem, joined by ' +
        '_ (for corpora that reuse file names)',
    ),
  speakers: z
    .enum(['folder', 'top', 'file', 'one'])
    .default('folder')
    .describe(
      'who speaks where no column says so: folder = parent folder; top = first folder below dir; file = each file ' +
        'its own speaker; one = the same speaker everywhere',
    ),
  testShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe(
      'share of recordings held out as test, by a hash of the id: a recording keeps its side when the corpus grows',
    ),
  minSeconds: z
    .number()
    .nonnegative()
    .max(3600)
    .default(0.1)
    .describe('seconds; shorter recordings are left out, since they hold no phone'),
  without: without
    .optional()
    .describe(
      'who is left out before the sound is opened, for instance since consent was withdrawn; ' +
        '`asr forget` adds to it for one run (docs/removal.md)',
    ),
});
export type AudioConfig = z.infer<typeof audioConfig>;
