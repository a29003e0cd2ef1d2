// The clusters stage's folder: a unit for each segment; how it writes them and later stages read them.
import { join } from 'node:path';
import { JsonlWriter, readJsonl } from '../core/jsonl.js';
import type { ByteRange } from '../core/stretches.js';
import { unitsSchema, type Units } from '../core/records.js';

/** Where the units are, for messages. */
export const unitsPath = (folder: string): string => join(folder, 'units.jsonl');

/** In the order of the utterances. @throws AsrError 'input' with the line that is damaged */
export const readUnits = (folder: string, bytes?: ByteRange): AsyncGenerator<Units> =>
  readJsonl(unitsPath(folder), unitsSchema, bytes);

export const createUnits = (folder: string): Promise<JsonlWriter> => JsonlWriter.create(unitsPath(folder));
