// The folder that a stage works in before its result counts: begun, continued, given its name, or
// named to a person when the stage failed.
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { renameDurably, writeFileDurably } from './durable.js';
import { AsrError } from './errors.js';
import { makeFolder } from './folders.js';
import { piecesFolder, SkippedItems, type Executor } from './pieces.js';
import { stageRecordSchema, type StageRecord } from './stage.js';

export const partialFolder = (out: string): string => `${out}.partial`;
export const partialMark = 'partial.json';

export function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The record of a folder that was finished, but not renamed any more. */
export async function finishedPartial(partial: string, key: string): Promise<StageRecord | undefined> {
  const path = join(partial, 'stage.json');
  const record = existsSync(path)
    ? stageRecordSchema.safeParse(parseOrUndefined(await readFile(path, 'utf8'))).data
    : undefined;
  return record?.key === key ? record : undefined;
}

/**
 * Puts a finished folder into the place of the old one, which is moved aside first: a removal
 * can be interrupted, a rename cannot.
 */
export async function promote(partial: string, out: string): Promise<void> {
  const old = `${out}.old`;
  await rm(old, { recursive: true, force: true });
  await rm(piecesFolder(partial), { recursive: true, force: true });
  await rm(join(partial, partialMark), { force: true });
  if (existsSync(out)) await rename(out, old);
  await renameDurably(partial, out);
  await rm(old, { recursive: true, force: true });
}

/** A resumable stage finds its own checkpoints again, if they were made with the same key. */
export async function openPartial(
  partial: string,
  key: string,
  resumable: boolean,
  executor: Executor | undefined,
): Promise<void> {
  const mark = join(partial, partialMark);
  const before = existsSync(mark)
    ? (parseOrUndefined(await readFile(mark, 'utf8')) as { key?: string } | undefined)
    : undefined;
  const continues = resumable && before?.key === key;
  await executor?.prepare(partial, continues);
  if (!continues) await rm(partial, { recursive: true, force: true });
  await makeFolder(partial);
  await rm(join(partial, SkippedItems.file), { force: true });
  await writeFileDurably(mark, JSON.stringify({ key }));
}

/** Says what of a failed stage is kept, since that is used again, also where it is the cause. */
export async function namingLeftovers(error: AsrError, partial: string, resumable: boolean): Promise<AsrError> {
  const kept = resumable
    ? (await entries(partial)).filter((name) => name !== partialMark && name !== SkippedItems.file)
    : (await entries(piecesFolder(partial))).filter((name) => !name.includes('.'));
  if (kept.length === 0) return error;
  const hint = `What it has finished is kept; to start this stage anew, remove ${partial} or add --force.`;
  const named = new AsrError(error.code, error.message, [error.hint, hint].filter(Boolean).join(' '), error.cause);
  if (error.stack !== undefined) named.stack = error.stack;
  return named;
}

const entries = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
