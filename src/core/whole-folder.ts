// A folder that is there whole or not at all: filled under another name, flushed, then renamed. A kill leaves the
// other name, which the next attempt removes.
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { flushFolder, renameDurably } from './durable.js';

/** Writes the folder anew. @param fill is given the folder under its other name, empty */
export async function writeWhole<T>(folder: string, fill: (partial: string) => Promise<T>): Promise<T> {
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const result = await fill(partial);
  await rm(folder, { recursive: true, force: true });
  await flushFolder(partial);
  await renameDurably(partial, folder);
  return result;
}

/** The same, unless the folder is there. */
export async function writeWholeOnce(folder: string, fill: (partial: string) => Promise<void>): Promise<void> {
  if (!existsSync(folder)) await writeWhole(folder, fill);
}
