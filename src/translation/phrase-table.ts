// What may stand for which phrase, with its scores; in memory by the source phrase, on disk a line each:
// source, target, four natural logarithms, separated by tabs, so that people can read and mend it.
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { readLines } from '../core/lines.js';
import { TextWriter } from '../core/text-writer.js';

export const featureCount = 4;

export interface PhraseOption {
  readonly target: readonly string[];
  /** Natural logarithms of P(target | source), P(source | target), and both by their words. */
  readonly features: readonly number[];
}

/** Options by the source's words joined by a blank, likeliest first. */
export type PhraseTable = ReadonlyMap<string, readonly PhraseOption[]>;

export async function writePhraseTable(path: string, table: PhraseTable): Promise<void> {
  await using writer = await TextWriter.create(path);
  for (const [source, options] of table)
    for (const { target, features } of options)
      await writer.write(
        `${source}\t${target.join(' ')}\t${features.map((value) => Number(value.toFixed(4))).join('\t')}\n`,
      );
  await writer.close();
}

const featureSchema = z.array(z.coerce.number().min(-1000).max(0)).length(featureCount);

/** @throws AsrError 'model' with the line that is no entry */
export async function readPhraseTable(path: string): Promise<PhraseTable> {
  const table = new Map<string, PhraseOption[]>();
  let number = 0;
  for await (const line of readLines(path)) {
    number++;
    const [source = '', target = '', ...values] = line.split('\t');
    const features = featureSchema.safeParse(values);
    if (!features.success || source === '' || target === '')
      throw new AsrError(
        'model',
        `${path}, line ${number}: expected source, target and ${featureCount} numbers of at most 0`,
        'Copy the file again, or run the recipe again with --force.',
      );
    const option = { target: target.split(' '), features: features.data };
    const options = table.get(source);
    if (options) options.push(option);
    else table.set(source, [option]);
  }
  return table;
}
