// Row labels of the real speech on disk: written whole under another name, so that a killed round finds them or not.
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ShardWriter } from '../core/shard-writer.js';
import { ShardReader } from '../core/shards.js';

/** id to one label every 20 ms; -1 where there is none. */
export type RowLabels = Map<string, Int16Array>;

/**
 * The labels in `folder`; made and stored when they are not there.
 * @param make gives them one utterance after the other
 */
export async function storedLabels(
  folder: string,
  make: () => AsyncIterable<readonly [string, Int16Array]>,
): Promise<RowLabels> {
  if (!existsSync(folder)) {
    const partial = `${folder}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(dirname(folder), { recursive: true });
    await using writer = await ShardWriter.create(partial, { columns: 1, type: 'int16' });
    for await (const [id, labels] of make()) await writer.append(id, labels);
    await writer.close();
    await rename(partial, folder);
  }
  await using reader = await ShardReader.open(folder);
  const labels: RowLabels = new Map();
  for (const id of reader.ids) labels.set(id, await reader.readInt16(id));
  return labels;
}
