// The recognised phones and words of hypotheses.jsonl as Kaldi text, for people and
// other programs: nothing here reads it.
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readJsonl } from '../core/jsonl.js';
import { hypothesisSchema, type Hypothesis } from '../core/records.js';

/** In the folder of decode, of a pass, and of selftrain where a pass was chosen. */
export const hypothesisFiles = { records: 'hypotheses.jsonl', kaldi: 'hyp.txt', kaldiWords: 'hyp-words.txt' } as const;

/** Writes hyp.txt, and hyp-words.txt where words were decoded. */
export async function writeHypothesisTexts(folder: string, words: boolean): Promise<void> {
  const records = join(folder, hypothesisFiles.records);
  await pipeline(
    kaldiLines(records, ({ phones }) => phones.map(({ phone }) => phone)),
    createWriteStream(join(folder, hypothesisFiles.kaldi)),
  );
  if (words)
    await pipeline(
      kaldiLines(records, ({ words: said }) => (said ?? []).map(({ word }) => word)),
      createWriteStream(join(folder, hypothesisFiles.kaldiWords)),
    );
}

/** The id and its tokens, an id alone where nothing was heard. */
async function* kaldiLines(hypotheses: string, tokens: (hypothesis: Hypothesis) => string[]): AsyncGenerator<string> {
  for await (const hypothesis of readJsonl(hypotheses, hypothesisSchema))
    yield `${[hypothesis.id, ...tokens(hypothesis)].join(' ')}\n`;
}
