// Name of a library's file in, its path out. A program that ships single files of a library, which would bring tens of
// megabytes otherwise, puts them into a folder `vendor`; such folders are looked for upward, as Node looks for
// node_modules.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @param library an npm package
 * @param file a file of it, from the package's folder
 * @throws Error MODULE_NOT_FOUND where neither is there
 */
export function vendoredFile(library: string, file: string): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    const shipped = join(folder, 'vendor', library, basename(file));
    if (existsSync(shipped)) return shipped;
  }
  // Not every package lets its package.json be asked for; its main file lies somewhere below its folder.
  const main = createRequire(import.meta.url).resolve(library);
  const marker = join('node_modules', ...library.split('/'));
  return join(main.slice(0, main.lastIndexOf(marker) + marker.length), file);
}
