// Row labels of the real speech on disk: a killed round finds them whole or not at all.
import { ShardWriter } from '../core/shard-writer.js';
import { ShardReader } from '../core/shards.js';
import { writeWholeOnce } from '../core/whole-folder.js';

/** id to one label every 20 ms; -1 where there is none. */
export type RowLabels = Map<string, Int16Array>;

/** The labels of rows on which both are the same, and -1 on the others: what one of them has wrong is rarely both's. */
export const agreedLabels = (labels: RowLabels, others: RowLabels): RowLabels =>
  new Map(
    Array.from(labels, ([id, own]) => {
      const other = others.get(id);
      return [id, own.map((label, row) => (label === other?.[row] ? label : -1))];
    }),
  );

/**
 * The labels in `folder`; made and stored when they are not there.
 * @param make gives them one utterance after the other
 */
export async function storedLabels(
  folder: string,
  make: () => AsyncIterable<readonly [string, Int16Array]>,
): Promise<RowLabels> {
  await writeWholeOnce(folder, async (partial) => {
    await using writer = await ShardWriter.create(partial, { columns: 1, type: 'int16' });
    for await (const [id, labels] of make()) await writer.append(id, labels);
    await writer.close();
  });
  await using reader = await ShardReader.open(folder);
  const labels: RowLabels = new Map();
  for (const id of reader.ids) labels.set(id, await reader.readInt16(id));
  return labels;
}
