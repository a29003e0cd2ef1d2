// Divides the Mboshi corpus (utterances.tsv with phone ids, audio/<utt_id>.opus) into unpaired text, sound and references.
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../../src/core/errors.js';
import { readLines } from '../../src/core/jsonl.js';
import { defineStage } from '../../src/core/stage.js';
import { splitCorpus, splitSettings, type TranscribedRecording } from '../split.js';

const columns = ['utt_id', 'speaker', 'phones_limsi'] as const;

export const prepareStage = defineStage({
  name: 'corpus',
  version: 1,
  reads: [],
  config: z.object({ ...splitSettings, extension: z.string().default('opus').describe('ending of the sound files') }),
  external: (_config, data) => [join(data, 'utterances.tsv'), join(data, 'audio')],
  async run({ config, data, out, rng, skip }) {
    const table = join(data, 'utterances.tsv');
    const recordings: TranscribedRecording[] = [];
    let positions: number[] | undefined;
    for await (const line of readLines(table)) {
      const fields = line.split('\t');
      if (!positions) {
        positions = columns.map((column) => fields.indexOf(column));
        const missing = columns.filter((_column, i) => positions?.[i] === -1);
        if (missing.length > 0) throw new AsrError('input', `${table}: no column ${missing.join(', ')}`, `Its header must name ${columns.join(', ')}.`);
        continue;
      }
      const [id, speaker, phones] = positions.map((at) => fields[at]?.trim() ?? '');
      if (!id || !speaker || !phones) {
        await skip(id ?? 'unnamed', `${table}: a field is empty`);
        continue;
      }
      recordings.push({ id, path: join(data, 'audio', `${id}.${config.extension}`), speaker, transcript: phones });
    }
    if (recordings.length === 0) throw new AsrError('input', `${table}: no recordings listed`, 'Give the folder of the corpus with --data.');
    return splitCorpus(recordings, config, rng, out);
  },
});
