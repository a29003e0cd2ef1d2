// The program's folder, and its version as recorded in every result: both by way of package.json.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** On npm; the command is `asr`. */
export const packageName = 'unsupervised-asr';

function findPackage(from: string): { folder: string; version: string } {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const parsed = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (parsed.name === packageName) return { folder, version: `asr ${parsed.version ?? '0'}` };
    } catch {
      // no package.json at this level
    }
  }
  return { folder: from, version: 'asr unknown' };
}

const found = findPackage(dirname(fileURLToPath(import.meta.url)));
export const programVersion = found.version;
/** The folder of package.json, for files of the program that are read as they are. */
export const packageRoot = found.folder;
