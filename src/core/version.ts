// The program's version as recorded in every result, read from package.json.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findPackage(from: string): string {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const parsed = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string; version?: string };
      if (parsed.name === 'asr') return `asr ${parsed.version ?? '0'}`;
    } catch {
      // no package.json at this level
    }
  }
  return 'asr unknown';
}

export const programVersion = findPackage(dirname(fileURLToPath(import.meta.url)));
