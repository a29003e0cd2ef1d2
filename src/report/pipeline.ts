// What every stage left behind about itself: its record, the size of its folder, what it left out and why.
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonl } from '../core/jsonl.js';
import type { StageRecord } from '../core/stage.js';
import { readStageRecord } from '../core/stage-run.js';

export interface ReportedStage {
  readonly record: StageRecord;
  /** Of all files in its folder. */
  readonly bytes: number;
  /** The first few items it left out. */
  readonly leftOut: readonly { readonly id: string; readonly reason: string }[];
}

const skippedSchema = z.object({ id: z.string(), reason: z.string() });
const shownItems = 20;

/** @param folders of stages, in order; one without a record is passed over */
export async function readPipeline(folders: readonly string[]): Promise<ReportedStage[]> {
  const finished: ReportedStage[] = [];
  for (const folder of folders) {
    const record = await readStageRecord(folder);
    if (record) finished.push({ record, bytes: await folderBytes(folder), leftOut: await readLeftOut(folder) });
  }
  return finished;
}

async function readLeftOut(folder: string): Promise<{ id: string; reason: string }[]> {
  const items: { id: string; reason: string }[] = [];
  const path = join(folder, 'skipped.jsonl');
  if (!existsSync(path)) return items;
  for await (const item of readJsonl(path, skippedSchema)) {
    if (items.length === shownItems) break;
    items.push(item);
  }
  return items;
}

/** Bytes of all files below a folder. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}
