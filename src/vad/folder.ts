// The vad stage's folder: how it writes its utterances, and how every later stage reads them.
import { join } from 'node:path';
import { JsonlWriter, readJsonl } from '../core/jsonl.js';
import type { ByteRange } from '../core/stretches.js';
import { utteranceSchema, type Utterance } from '../core/records.js';

/** Where the utterances are, for messages and for hashes of inputs. */
export const utterancesPath = (folder: string): string => join(folder, 'utterances.jsonl');

/** The utterances of a finished folder, in its order. @throws AsrError 'input' with the line that is damaged */
export const readUtterances = (folder: string, bytes?: ByteRange): AsyncGenerator<Utterance> =>
  readJsonl(utterancesPath(folder), utteranceSchema, bytes);

export const createUtterances = (folder: string): Promise<JsonlWriter> => JsonlWriter.create(utterancesPath(folder));
