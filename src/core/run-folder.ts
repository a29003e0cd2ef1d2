// What tells a folder that the program made from one of the user's.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A run beside somebody's recordings, as after `asr demo` in their folder: its sound is not theirs. */
export const isRunFolder = (folder: string): boolean =>
  existsSync(join(folder, 'config.yaml')) && existsSync(join(folder, 'lock'));
