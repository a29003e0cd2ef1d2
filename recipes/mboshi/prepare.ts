// Divides the Mboshi corpus (utterances.tsv, audio/<utt_id>.opus) into unpaired text, sound and references: its own
// phone ids, or its words in letters that a synthesiser of a related language reads.
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../../src/core/errors.js';
import { readLines } from '../../src/core/jsonl.js';
import { defineStage } from '../../src/core/stage.js';
import { splitCorpus, splitSettings, type TranscribedRecording } from '../split.js';

const idColumns = ['utt_id', 'speaker'] as const;

/** Open e and o, which the corpus writes in Greek letters. */
const plainVowels: Readonly<Record<string, string>> = { ε: 'e', ω: 'o' };

/** Mboshi marks high tone by an acute; Swahili has no tone, and five vowels. */
export const withoutTone = (words: string): string =>
  words
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[εω]/gu, (vowel) => plainVowels[vowel] ?? vowel);

export const prepareStage = defineStage({
  name: 'corpus',
  version: 1,
  reads: [],
  config: z.object({
    ...splitSettings,
    extension: z.string().default('opus').describe('ending of the sound files'),
    transcript: z
      .enum(['phones_limsi', 'transcript'])
      .default('phones_limsi')
      .describe(
        'column of the text and the references: phone ids, or words, which lose their tone and the ' +
          'two vowels that Swahili does not tell apart',
      ),
  }),
  external: (_config, data) => [join(data, 'utterances.tsv'), join(data, 'audio')],
  async run({ config, data, out, rng, skip }) {
    const table = join(data, 'utterances.tsv');
    const recordings: TranscribedRecording[] = [];
    let positions: number[] | undefined;
    for await (const line of readLines(table)) {
      const fields = line.split('\t');
      if (!positions) {
        const columns = [...idColumns, config.transcript];
        positions = columns.map((column) => fields.indexOf(column));
        const missing = columns.filter((_column, i) => positions?.[i] === -1);
        if (missing.length > 0)
          throw new AsrError(
            'input',
            `${table}: no column ${missing.join(', ')}`,
            `Its header must name ${columns.join(', ')}.`,
          );
        continue;
      }
      const [id, speaker, transcript] = positions.map((at) => fields[at]?.trim() ?? '');
      if (!id || !speaker || !transcript) {
        await skip(id ?? 'unnamed', `${table}: a field is empty`);
        continue;
      }
      recordings.push({
        id,
        path: join(data, 'audio', `${id}.${config.extension}`),
        speaker,
        transcript: config.transcript === 'transcript' ? withoutTone(transcript) : transcript,
      });
    }
    if (recordings.length === 0)
      throw new AsrError('input', `${table}: no recordings listed`, 'Give the folder of the corpus with --data.');
    return splitCorpus(recordings, config, rng, out);
  },
});
