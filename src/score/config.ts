// Configuration of the score stage: where the references are and what they hold.
import { z } from 'zod';
import { transcribedLayouts } from '../audio/config.js';

export const scoreConfig = z.object({
  references: z
    .string()
    .default('')
    .describe(
      'path of the references, relative to the data folder: `id words…` a line (Kaldi text, .txt), or any format ' +
        "that `asr score` reads, or a corpus folder with `layout`; '' = none, nothing is scored",
    ),
  format: z
    .enum([
      'auto',
      'kaldi',
      'csv',
      'tsv',
      'trn',
      'ctm',
      'stm',
      'json',
      'jsonl',
      'textgrid',
      'srt',
      'vtt',
      'eaf',
      'text',
    ])
    .default('auto')
    .describe(
      'format of the file of references (docs/formats.md); auto = by its ending: .txt and none are `id words…`, an ' +
        'ending that is not known is refused',
    ),
  layout: z
    .enum(['file', ...transcribedLayouts, 'fairseq'])
    .default('file')
    .describe(
      'file: `references` is one file; else the folder of a corpus, whose transcripts are read where this layout ' +
        'keeps them (fairseq: NAME.phn or NAME.wrd beside NAME.tsv); those without sound are passed over',
    ),
  unit: z
    .enum(['words', 'phones'])
    .default('words')
    .describe(
      "what the references hold: words, which the text stage's own pronunciations turn into " +
        'phones, or phones (of timit the 39 that are usual)',
    ),
  people: z
    .string()
    .optional()
    .describe(
      'table (.csv or .tsv) that says for each id or speaker what is known of people: sex or gender, age, dialect or ' +
        'accent, device; relative to the data folder. Where nothing is said, those columns of the manifest are used',
    ),
  runReferences: z
    .number()
    .int()
    .nonnegative()
    .max(1e6)
    .default(200)
    .describe(
      'references on which every run of the learn stage is decoded greedily and scored, spread evenly over what ' +
        'the error rate is measured on: how good the label-free choice was; 0 = only the chosen run is scored',
    ),
});
export type ScoreConfig = z.infer<typeof scoreConfig>;
