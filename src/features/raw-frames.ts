// Frames as the pieces of the features stage left them, utterance after utterance with its speaker and split; values
// are read when they are asked for, so that a pass may leave utterances out.
import { join } from 'node:path';
import { AsrError } from '../core/errors.js';
import type { Split, Utterance } from '../core/records.js';
import { ShardReader } from '../core/shards.js';
import { sampleToFit } from '../numeric/fit-sample.js';
import type { Rng } from '../core/rng.js';
import { readUtterances } from '../vad/folder.js';

/** What a piece holds: frames as they come from the front end, [T, dim] by utterance id. */
export const rawFolder = 'unnormalised';

export interface RawUtterance {
  readonly id: string;
  readonly speaker: string;
  readonly split: Split;
  /** Frames. */
  readonly rows: number;
  /** [rows, dim]; only before the next utterance is asked for. */
  readonly read: () => Promise<Float32Array>;
}

/**
 * @param vad folder of the vad stage
 * @param folders of the pieces, in their order
 */
export async function* rawUtterances(vad: string, folders: readonly string[]): AsyncGenerator<RawUtterance> {
  // Pieces keep the order of the manifest, so both are read side by side.
  const utterances = readUtterances(vad);
  try {
    for (const folder of folders) {
      await using reader = await ShardReader.open(join(folder, rawFolder));
      for (const id of reader.ids) {
        const { speaker, split } = await goOnTo(id, utterances);
        yield { id, speaker, split, rows: reader.rowsOf(id), read: async () => (await reader.read(id)).data };
      }
    }
  } finally {
    await utterances.return(undefined);
  }
}

async function goOnTo(id: string, utterances: AsyncGenerator<Utterance>): Promise<Utterance> {
  for (;;) {
    const { value, done } = (await utterances.next()) as IteratorResult<Utterance, undefined>;
    if (done === true)
      throw new AsrError('internal', `features: "${id}" is not in the utterances, or not in their order`);
    if (value.id === id) return value;
  }
}

/**
 * Training utterances that something is fitted on, which may be read again and again: all, or some by chance.
 * @param most about so many frames
 */
export async function trainingUtterances(
  vad: string,
  folders: readonly string[],
  most: number,
  rng: Rng,
): Promise<() => AsyncGenerator<RawUtterance>> {
  const rows: number[] = [];
  for await (const utterance of rawUtterances(vad, folders)) if (utterance.split === 'train') rows.push(utterance.rows);
  const chosen = new Set(
    sampleToFit(
      rows.map((_, place) => place),
      (place) => rows[place] as number,
      most,
      rng,
    ),
  );
  return async function* () {
    let place = 0;
    for await (const utterance of rawUtterances(vad, folders))
      if (utterance.split === 'train' && chosen.has(place++)) yield utterance;
  };
}
