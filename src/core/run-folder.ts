// What tells a folder that the program made from one of the user's.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A run beside somebody's recordings, as after `asr demo` in their folder: its sound is not theirs. */
export const isRunFolder = (folder: string): boolean => marks.every((name) => existsSync(join(folder, name)));

/** The same, where its entries are known. */
export const isRunOf = (entries: readonly { readonly name: string }[]): boolean =>
  marks.every((mark) => entries.some(({ name }) => name === mark));

const marks = ['config.yaml', 'lock'];
