// Names of files that are not UTF-8 (old Latin-1 disks): a string holds each byte that is no part of UTF-8 as U+DC80 to
// U+DCFF, as Python does (PEP 383), so that the name can be written as JSON, read back, and opened as what it was.
import type { PathLike } from 'node:fs';

const fatal = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lone = /[\uDC80-\uDCFF]/;
const loneByte = /(?<![\uD800-\uDBFF])[\uDC80-\uDCFF]/g;

export function nameOf(bytes: Uint8Array): string {
  try {
    return fatal.decode(bytes);
  } catch {
    return nameOfBroken(bytes);
  }
}

/** Sequence by sequence: what does not decode goes byte by byte. */
function nameOfBroken(bytes: Uint8Array): string {
  let name = '';
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] as number;
    const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    try {
      name += fatal.decode(bytes.subarray(at, at + length));
      at += length;
    } catch {
      name += String.fromCharCode(0xdc00 + first);
      at++;
    }
  }
  return name;
}

/** Whether some bytes of the name are not UTF-8. */
export const isRaw = (path: string): boolean => lone.test(path) && path.match(loneByte) !== null;

/** What Node's file functions take for a path of `nameOf`'s: the string, or its bytes where they are not UTF-8. */
export function openable(path: string): PathLike {
  if (!isRaw(path)) return path;
  const parts: Buffer[] = [];
  let from = 0;
  for (const { index } of path.matchAll(loneByte)) {
    parts.push(Buffer.from(path.slice(from, index)), Buffer.from([path.charCodeAt(index) - 0xdc00]));
    from = index + 1;
  }
  return Buffer.concat([...parts, Buffer.from(path.slice(from))]);
}

/** Such bytes as `%E9`, for ids and for names of files that are made from this one. */
export const withoutRaw = (name: string): string =>
  name.replace(loneByte, (half) => `%${(half.charCodeAt(0) - 0xdc00).toString(16).toUpperCase()}`);
