// The first step of the recipes for published corpora: a corpus in one of the known layouts in; unpaired text, sound
// and references out. The training part lends its sentences, the test part never does.
import { resolve } from 'node:path';
import { z } from 'zod';
import { audioConfig, type TranscribedLayout } from '../src/audio/config.js';
import { findRecordings, layoutFiles } from '../src/audio/layouts.js';
import { AsrError } from '../src/core/errors.js';
import { defineStage, type StageDefinition } from '../src/core/stage.js';
import { corpusTranscripts, type CorpusText } from '../src/transcripts/corpora.js';
import { splitCorpus, splitSettings, type TranscribedRecording } from './split.js';

const settings = z.object({
  ...splitSettings,
  dir: z.string().default('.').describe('folder of the corpus, relative to --data'),
  parts: z
    .array(z.string())
    .default([])
    .describe('as audio.parts: which parts of the corpus to take; [] = all, for timit train and the core test set'),
  textFile: z
    .string()
    .default('')
    .describe(
      "path of a text that is not made of the corpus's transcripts, relative to --data; then all sound is used, " +
        'and lines that are spoken are left out of the text',
    ),
  phones: z.enum(['61', '48', '39']).default('39').describe("which folding of TIMIT's phones"),
});

/** @param unit what the transcripts of this corpus are taken as */
export function divideStage(
  layout: TranscribedLayout,
  unit: CorpusText['unit'] = 'words',
): StageDefinition<typeof settings> {
  const audioOf = (config: z.infer<typeof settings>) =>
    audioConfig.parse({ layout, dir: config.dir, parts: config.parts, testShare: config.testShare });
  return defineStage({
    name: 'corpus',
    version: 1,
    reads: [],
    config: settings,
    external: (config, data) => [
      resolve(data, config.dir),
      ...layoutFiles(audioOf(config), data).filter((path) => !path.startsWith(resolve(data, config.dir))),
      ...(config.textFile === '' ? [] : [resolve(data, config.textFile)]),
    ],
    async run({ config, data, out, rng, skip, log }) {
      const root = resolve(data, config.dir);
      const transcripts = new Map<string, string>();
      for await (const { id, text } of corpusTranscripts(layout, root, { unit, timit: config.phones }))
        transcripts.set(id, text);
      const recordings: TranscribedRecording[] = [];
      let silent = 0;
      for await (const candidate of findRecordings(audioOf(config), data)) {
        if ('problem' in candidate) await skip(candidate.id, candidate.problem);
        else {
          const transcript = transcripts.get(candidate.id);
          if (transcript === undefined) silent++;
          recordings.push({ ...candidate, transcript });
        }
      }
      if (recordings.length === 0)
        throw new AsrError(
          'input',
          `${root}: no recordings in the layout "${layout}"`,
          'Give the folder of the corpus with --data; docs/corpora.md shows what it looks like.',
        );
      if (silent > 0)
        log.warn(`${silent} of ${recordings.length} recordings have no transcript; their sound is used and not scored`);
      const textFile = config.textFile === '' ? undefined : resolve(data, config.textFile);
      return { ...(await splitCorpus(recordings, { ...config, textFile }, rng, out)), untranscribed: silent };
    },
  });
}
