// Names, paths and tables in, pieces of a recipe's YAML out: for what `asr new` writes.
import { isAbsolute, relative, resolve } from 'node:path';
import type { DetectedLayout } from '../audio/detect.js';

/** YAML that needs no quotes stays without. */
export const scalar = (text: string): string =>
  /^[\p{L}\p{N}./_][\p{L}\p{N}./_+ -]*$/u.test(text) &&
  !/^(true|false|null|yes|no|on|off|~|[\d.]+)$/i.test(text) &&
  !text.endsWith(' ')
    ? text
    : JSON.stringify(text);

/** Inside the folder: relative to it; elsewhere: absolute. */
export function from(folder: string, path: string): string {
  const inside = relative(folder, resolve(path));
  return inside === '' ? '.' : inside.startsWith('..') || isAbsolute(inside) ? resolve(path) : inside;
}

/** Which table of somebody's own, and what its columns are. */
export const tableSettings = ({ path, columns }: NonNullable<DetectedLayout['table']>): string =>
  `, table: ${scalar(path)}, columns: { ${Object.entries(columns)
    .map(([column, name]) => `${column}: ${scalar(name)}`)
    .join(', ')} }`;
