// What git leaves of a large file that Git LFS has not fetched yet: a text of three lines in the file's place. The first
// bytes of any file in, an error that says what fetches the file out.
import { dirname } from 'node:path';
import { AsrError, type ErrorCode } from './errors.js';

const first = Buffer.from('version https://git-lfs.github.com/spec/', 'latin1');

/** @param head the first 40 bytes of the file, or more */
export function isLfsPointer(head: Uint8Array): boolean {
  return head.length >= first.length && first.equals(head.subarray(0, first.length));
}

/** @throws AsrError when `head` is the beginning of a pointer */
export function refuseLfsPointer(head: Uint8Array, path: string, code: ErrorCode = 'model'): void {
  if (!isLfsPointer(head)) return;
  const size = /^size (\d{1,15})$/m.exec(Buffer.from(head.subarray(0, 1024)).toString('latin1'))?.[1];
  const missing = size === undefined ? 'the file' : `the file of ${size} bytes`;
  throw new AsrError(
    code,
    `${path}: a Git LFS pointer stands in its place; ${missing} was not fetched`,
    `Fetch it: \`cd ${dirname(path)} && git lfs install && git lfs pull\`; or, from Hugging Face, \`hf download MODEL --local-dir ${dirname(path)}\`.`,
  );
}
