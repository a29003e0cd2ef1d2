// What git leaves of a large file that Git LFS has not fetched yet: a text of three lines in the file's place. The
// first bytes of any file in, the one error that names it and what fetches the file out.
import { open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AsrError, toAsrError, type ErrorCode } from './errors.js';
import { openable } from './file-names.js';

const first = Buffer.from('version https://git-lfs.github.com/spec/', 'latin1');
/** More than any pointer has. */
const longest = 1024;

/**
 * @param head the beginning of the file: 40 bytes or characters at least, its size is named from 200
 * @throws AsrError when it is the beginning of a pointer
 */
export function refuseLfsPointer(head: Uint8Array | string, path: string, code: ErrorCode = 'model'): void {
  const bytes = typeof head === 'string' ? Buffer.from(head.slice(0, longest)) : head.subarray(0, longest);
  if (bytes.length < first.length || !first.equals(bytes.subarray(0, first.length))) return;
  const size = /^size (\d{1,15})$/m.exec(Buffer.from(bytes).toString('latin1'))?.[1];
  throw new AsrError(
    code,
    `${path}: this is a Git LFS pointer, not the file${size === undefined ? '' : ` of ${size} bytes`}: git lfs pull`,
    `Fetch it: \`cd ${dirname(path)} && git lfs install && git lfs pull\`; or, from Hugging Face, \`hf download ` +
      `MODEL --local-dir ${dirname(path)}\`.`,
  );
}

/** The same of a file that is not open; one that is not there is for its reader to miss. */
export async function refuseUnfetched(path: string, code?: ErrorCode): Promise<void> {
  await using file = await open(openable(path)).catch(() => undefined);
  if (!file) return;
  const { bytesRead, buffer } = await file.read(Buffer.alloc(longest), 0, longest, 0);
  refuseLfsPointer(buffer.subarray(0, bytesRead), path, code);
}

/**
 * A model's file as a whole.
 * @throws AsrError 'model' when it is a pointer, 'io' when it cannot be read
 */
export async function readModelFile(path: string): Promise<Buffer> {
  const bytes = await readFile(openable(path)).catch((error: unknown) => {
    throw toAsrError(error);
  });
  refuseLfsPointer(bytes, path);
  return bytes;
}
