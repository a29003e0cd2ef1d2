// The first bytes of somebody's table as text, for those who only ask what its columns are.
import { closeSync, openSync, readSync, statSync } from 'node:fs';

export interface TableHead {
  /** Without the byte order mark. */
  readonly text: string;
  /** The table goes on: the last line may be cut off. */
  readonly cut: boolean;
}

/** @returns nothing in it where the file cannot be read, or is none */
export function tableHead(path: string, bytes: number): TableHead {
  let file: number | undefined;
  try {
    if (!statSync(path).isFile()) return { text: '', cut: false };
    file = openSync(path, 'r');
    const head = Buffer.alloc(bytes);
    const read = readSync(file, head);
    return { text: head.toString('utf8', 0, read).replace(/^\uFEFF/, ''), cut: read === bytes };
  } catch {
    return { text: '', cut: false };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
