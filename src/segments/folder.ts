// The segments stage's folder: where segments end, and one vector for each; how it
// writes them and later stages read them.
import { join } from 'node:path';
import { JsonlWriter, readJsonl } from '../core/jsonl.js';
import { boundariesSchema, type Boundaries } from '../core/records.js';
import { ShardWriter } from '../core/shard-writer.js';
import { ShardReader } from '../core/shards.js';
import type { ByteRange } from '../core/stretches.js';

/** Two forms of the vectors: neighbours pooled, as the adversary reads them, and one for each segment. */
const forms = {
  pooled: { boundaries: 'boundaries.jsonl', vectors: 'pooled' },
  unpooled: { boundaries: 'unpooled-boundaries.jsonl', vectors: 'unpooled' },
} as const;
type Form = keyof typeof forms;

/** Where the ends of segments are, for messages. */
export const boundariesPath = (folder: string, form: Form = 'pooled'): string => join(folder, forms[form].boundaries);

/** In the order of the utterances. @throws AsrError 'input' with the line that is damaged */
export const readBoundaries = (folder: string, bytes?: ByteRange): AsyncGenerator<Boundaries> =>
  readJsonl(boundariesPath(folder), boundariesSchema, bytes);

export const pooledFolder = (folder: string): string => join(folder, forms.pooled.vectors);

/** Pooled vectors by utterance id, [segments, dim]. */
export const openPooled = (folder: string, bytes?: ByteRange): Promise<ShardReader> =>
  ShardReader.open(pooledFolder(folder), bytes);

export const createSegments = async (
  folder: string,
  form: Form,
  columns: number,
): Promise<{ boundaries: JsonlWriter; vectors: ShardWriter }> => ({
  boundaries: await JsonlWriter.create(boundariesPath(folder, form)),
  vectors: await ShardWriter.create(join(folder, forms[form].vectors), { columns }),
});
