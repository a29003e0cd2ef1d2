// What is written must not be what is read: the input would be gone, whether the work succeeds or not.
import { stat } from 'node:fs/promises';
import { AsrError } from './errors.js';

/** @throws AsrError 'usage' where both names, by links too, lead to one file */
export async function refuseSameFile(input: string, output: string): Promise<void> {
  const [from, to] = await Promise.all([input, output].map((path) => stat(path).catch(() => undefined)));
  if (from?.isFile() && to?.isFile() && from.ino === to.ino && from.dev === to.dev)
    throw new AsrError('usage', `${output}: the result would replace what is read`, 'Write it under another name.');
}
