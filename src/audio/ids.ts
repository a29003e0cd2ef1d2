// File names and table cells in, ids out that every later format can hold: Kaldi text separates by white space.
import { extname } from 'node:path';
import { withoutRaw } from '../core/file-names.js';
import { hashText } from '../core/fingerprint.js';
import type { Split } from '../core/records.js';

/** Endings that count as sound; lower case. */
export const soundEndings: ReadonlySet<string> = new Set([
  '.wav',
  '.wave',
  '.flac',
  '.mp3',
  '.ogg',
  '.oga',
  '.opus',
  '.m4a',
  '.mp4',
  '.aac',
  '.webm',
  '.mka',
  '.mkv',
  '.mov',
  '.wma',
  '.aif',
  '.aiff',
  '.aifc',
  '.au',
  '.snd',
  '.sph',
  '.caf',
  '.w64',
  '.amr',
  '.3gp',
  '.ape',
  '.wv',
  '.tta',
  '.spx',
]);

export const isSoundFile = (name: string): boolean =>
  !name.startsWith('.') && soundEndings.has(extname(name).toLowerCase());

/**
 * White space and control characters become `_`, bytes that are not UTF-8 `%E9`; composed Unicode,
 * since macOS stores names decomposed.
 */
export function safeId(name: string): string {
  if (plain.test(name)) return name;
  return withoutRaw(name)
    .normalize('NFC')
    .replace(/[\s\p{Cc}]/gu, '_');
}

/** Nothing to change, in a tenth of the time. */
const plain = /^[!-~]*$/;

/** A name without its ending, if that is a known one. */
export function stem(name: string): string {
  return isSoundFile(name) ? name.slice(0, -extname(name).length) : name;
}

/** The same id falls on the same side in every corpus, on every machine. */
export function splitOf(id: string, testShare: number): Split {
  return Number.parseInt(hashText(id).slice(0, 8), 16) / 2 ** 32 < testShare ? 'test' : 'train';
}
