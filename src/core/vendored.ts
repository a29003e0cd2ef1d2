// Name of a library's file in, its path out. The package that users install carries single files of some libraries
// (`dist/vendor`, copied by package/assemble.js), which would bring tens of megabytes
// otherwise; a checkout has them whole.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { packageRoot } from './version.js';

/**
 * @param library an npm package
 * @param file a file of it, from the package's folder
 * @throws Error MODULE_NOT_FOUND where neither is there
 */
export function vendoredFile(library: string, file: string): string {
  const shipped = join(packageRoot, 'dist', 'vendor', library, basename(file));
  if (existsSync(shipped)) return shipped;
  // Not every package lets its package.json be asked for; its main file lies somewhere below its folder.
  const main = createRequire(import.meta.url).resolve(library);
  const marker = join('node_modules', ...library.split('/'));
  return join(main.slice(0, main.lastIndexOf(marker) + marker.length), file);
}
