// Divides the kerstin corpus (metadata.csv: id|text, audio/<id>.opus) into unpaired text, sound and references.
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../../src/core/errors.js';
import { readLines } from '../../src/core/jsonl.js';
import { defineStage } from '../../src/core/stage.js';
import { splitCorpus, splitSettings, type TranscribedRecording } from '../split.js';

export const prepareStage = defineStage({
  name: 'corpus',
  version: 1,
  reads: [],
  config: z.object({ ...splitSettings, extension: z.string().default('opus').describe('ending of the sound files') }),
  external: (_config, data) => [join(data, 'metadata.csv'), join(data, 'audio')],
  async run({ config, data, out, rng, skip }) {
    const table = join(data, 'metadata.csv');
    const recordings: TranscribedRecording[] = [];
    let number = 0;
    for await (const line of readLines(table)) {
      number++;
      if (line.trim() === '') continue;
      const [id, transcript] = line.split('|');
      if (id === undefined || id === '' || transcript === undefined)
        await skip(`line ${number}`, `${table}: expected id|text`);
      else
        recordings.push({ id, path: join(data, 'audio', `${id}.${config.extension}`), speaker: 'kerstin', transcript });
    }
    if (recordings.length === 0)
      throw new AsrError('input', `${table}: no recordings listed`, 'Give the folder of the corpus with --data.');
    return splitCorpus(recordings, config, rng, out);
  },
});
