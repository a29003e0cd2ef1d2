// Judges without labels of the passes of self-training, for the table of demo-seeds-main.ts: what was recognised in,
// numbers out of which the lower is thought the better.
import { distance } from 'fastest-levenshtein';
import { join } from 'node:path';
import { readJsonl } from '../src/core/jsonl.js';
import { hypothesisSchema } from '../src/core/records.js';
import { hypothesisFiles } from '../src/decode/hypothesis-texts.js';
import { readArpa } from '../src/lm/arpa.js';
import { Perplexity } from '../src/lm/ngram.js';
import { passFolder, readPasses, startName } from '../src/selftrain/output.js';
import { textPath } from '../src/text/folder.js';
import { phoneCoder } from '../src/learn/agreement.js';

export const passJudges = [
  'metric (what chooses)',
  'perplexity of the small model, length counted',
  'perplexity of the transcripts',
  'phones changed against the other passes, %',
] as const;

/** @param passes in the order of the stage. @returns for each the numbers of `passJudges`; null where there is none */
export async function judgesOf(
  run: string,
  passes: readonly { readonly name: string }[],
): Promise<(number | null)[][]> {
  const records = new Map((await readPasses(join(run, 'selftrain'))).map((pass) => [pass.name, pass]));
  const lm = await readArpa(textPath(join(run, 'text'), 'phoneLm'));
  const heard: Map<string, string[]>[] = [];
  for (const { name } of passes) heard.push(await trainingPhones(run, name));
  const coded = phoneCoder();
  const texts = heard.map((own) => new Map([...own].map(([id, phones]) => [id, coded(phones)])));
  return passes.map(({ name }, i) => {
    const record = records.get(name);
    const perplexity = new Perplexity(lm);
    for (const phones of heard[i]!.values()) perplexity.add(phones);
    let edits = 0;
    let length = 0;
    texts.forEach((other, j) => {
      if (j === i) return;
      for (const [id, text] of texts[i]!) {
        edits += distance(text, other.get(id) ?? '');
        length += text.length;
      }
    });
    return [
      record?.metric ?? null,
      record?.perplexity != null && record.logLengthRatio !== null
        ? record.perplexity * Math.exp(Math.abs(record.logLengthRatio))
        : null,
      perplexity.value,
      length === 0 ? null : (100 * edits) / length,
    ];
  });
}

async function trainingPhones(run: string, pass: string): Promise<Map<string, string[]>> {
  const folder = pass === startName ? join(run, 'decode') : passFolder(join(run, 'selftrain'), pass);
  const phones = new Map<string, string[]>();
  for await (const record of readJsonl(join(folder, hypothesisFiles.records), hypothesisSchema))
    if (record.split === 'train')
      phones.set(
        record.id,
        record.phones.map(({ phone }) => phone),
      );
  return phones;
}
