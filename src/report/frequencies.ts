// How often each phone occurs in the text and in what came out: the two should agree, since the text is all that
// learning knows of the language.
import { join } from 'node:path';
import { readJsonl } from '../core/jsonl.js';
import { hypothesisSchema } from '../core/records.js';
import { hypothesisFiles } from '../decode/hypothesis-texts.js';
import { readPhoneSet } from '../text/folder.js';

export interface PhoneFrequencies {
  /** The most frequent in the text first, silence left out. */
  readonly phones: readonly { readonly phone: string; readonly text: number; readonly output: number }[];
  readonly silence: string;
}

/** Counts by phone. @param folders of the text stage, and of what was recognised */
export async function readFrequencies(folders: {
  readonly text: string;
  readonly hypotheses: string;
}): Promise<PhoneFrequencies> {
  const { phones, silence } = await readPhoneSet(folders.text);
  const output = new Map<string, number>();
  for await (const hypothesis of readJsonl(join(folders.hypotheses, hypothesisFiles.records), hypothesisSchema))
    for (const { phone } of hypothesis.phones) output.set(phone, (output.get(phone) ?? 0) + 1);
  const counts = phones
    .filter(({ phone }) => phone !== silence)
    .map(({ phone, count }) => ({ phone, text: count, output: output.get(phone) ?? 0 }));
  return { phones: counts.sort((a, b) => b.text - a.text), silence };
}
