// Arrays by id in; ids out whose values are not all finite numbers. A stage that learns from all utterances finds them
// once, leaves them out by name, and tells its pieces through a file: one bad utterance costs itself and not the run.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileDurably } from './durable.js';
import { readJson } from './jsonl.js';
import { NonFiniteError, type ShardReader } from './shards.js';
import type { StageIo } from './stage.js';

const file = 'left-out.json';

/** What is wrong with the values of an id in any of the readers that have it; undefined where nothing is. */
async function fault(id: string, readers: readonly ShardReader[]): Promise<string | undefined> {
  for (const reader of readers) {
    try {
      if (reader.has(id)) await reader.read(id);
    } catch (error) {
      if (error instanceof NonFiniteError) return error.message;
      throw error;
    }
  }
  return undefined;
}

/**
 * Reads every array once, and leaves ids with a value that is not finite out by `io.skip`.
 * @returns those ids
 */
export async function leaveOutNonFinite(
  { skip, signal }: Pick<StageIo<unknown>, 'skip' | 'signal'>,
  ids: Iterable<string>,
  readers: readonly ShardReader[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const id of ids) {
    signal?.throwIfAborted();
    const reason = await fault(id, readers);
    if (reason === undefined) continue;
    found.add(id);
    await skip(id, reason);
  }
  return found;
}

/** For the stage's pieces. @param folder of the stage that is theirs to read */
export const saveLeftOut = (folder: string, ids: ReadonlySet<string>): Promise<void> =>
  writeFileDurably(join(folder, file), `${JSON.stringify([...ids])}\n`);

/** None where the stage left no word. */
export async function readLeftOut(folder: string): Promise<ReadonlySet<string>> {
  const path = join(folder, file);
  return new Set(existsSync(path) ? await readJson(path, z.array(z.string())) : []);
}
