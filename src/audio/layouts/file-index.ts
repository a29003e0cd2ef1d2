// Sound files below a folder by what a table may call them: a path, a name, a name without its ending.
import { basename, dirname, join, resolve } from 'node:path';
import { stem } from '../ids.js';
import { soundFiles, type SoundFile } from '../sound-files.js';

export interface Row {
  readonly line: number;
  readonly id: string;
  readonly path?: string | undefined;
  readonly speaker?: string | undefined;
  readonly split?: string | undefined;
  /** Seconds; NaN where the cell holds something else. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  readonly duration?: number | undefined;
  /** From 0; NaN where the cell holds something else. */
  readonly channel?: number | undefined;
}

export interface FileIndex {
  readonly byName: ReadonlyMap<string, SoundFile>;
  readonly byStem: ReadonlyMap<string, SoundFile>;
}

/** Files by name and by name without ending, both below the folder, as composed Unicode. */
export async function indexFiles(root: string): Promise<FileIndex> {
  const byName = new Map<string, SoundFile>();
  const byStem = new Map<string, SoundFile>();
  for await (const file of soundFiles(root)) {
    const name = file.parts.join('/').normalize('NFC');
    byName.set(name, file);
    if (!byStem.has(stem(name))) byStem.set(stem(name), file);
  }
  return { byName, byStem };
}

/** The row's file, or what is wrong with it. */
export function fileOf(row: Row, root: string, files: FileIndex): SoundFile | string {
  const name = (row.path ?? row.id).replaceAll('\\', '/').replace(/^\.\//, '').normalize('NFC');
  const file = files.byName.get(name) ?? (row.path === undefined ? files.byStem.get(name) : undefined);
  if (file) return file;
  if (row.path === undefined) return `no sound file ${JSON.stringify(`${join(root, row.id)}.*`)}`;
  // The path may lead out of the folder, or to an ending that is not known.
  const path = resolve(root, row.path);
  return { path, parts: [basename(dirname(path)), basename(path)] };
}
