// A manifest of utterances and others of the same corpus in; where each stretch of utterances lies in all of them out.
// Who makes a piece of a corpus reads these bytes alone: with thousands of pieces, reading every manifest from its
// beginning for each of them would take longer than the work.
import { z } from 'zod';
import { IdTable } from './id-table.js';
import { placedLines } from './lines.js';
import { integers } from './number-list.js';
import { ranges } from './pieces.js';

/** Bytes [start, end) of a file. */
const byteRangeSchema = z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]);
export type ByteRange = z.infer<typeof byteRangeSchema>;

/** Utterances [first, end), and their bytes in each manifest: the first is that of the utterances. */
export const stretchSchema = z.object({
  first: z.number().int(),
  end: z.number().int(),
  bytes: z.array(byteRangeSchema),
});
export type Stretch = z.infer<typeof stretchSchema>;

/** JSONL whose records belong to an utterance by their `id`: its own, or that of its recording. */
export interface JoinedManifest {
  readonly path: string;
  readonly by?: 'recording';
}

/** What lines of manifests are joined by; the stages that wrote them checked the rest. */
interface Keyed {
  readonly id: string;
  readonly recording: string;
}

const nowhere: ByteRange = [0, 0];

/**
 * @param utterances manifest that is divided
 * @param others that hold records of the same utterances, or of some of them, in the same order
 * @param size utterances in a stretch
 */
export async function divideManifest(
  utterances: string,
  others: readonly JoinedManifest[],
  size: number,
): Promise<(Stretch & { readonly name: string })[]> {
  const own: ByteRange[] = [];
  const joined = { id: new Positions(), recording: new Positions() };
  const keys = [...new Set(others.map(({ by }) => by ?? 'id'))];
  let count = 0;
  for await (const { text, start, end } of placedLines(utterances)) {
    if (text.trim() === '') continue;
    const record = JSON.parse(text) as Keyed;
    for (const key of keys) joined[key].add(record[key], count);
    widen(own, Math.floor(count++ / size), start, end);
  }
  const found: ByteRange[][] = [];
  for (const { path, by } of others) {
    const bytes: ByteRange[] = [];
    for await (const { text, start, end } of placedLines(path)) {
      const place = text.trim() === '' ? undefined : joined[by ?? 'id'].of((JSON.parse(text) as Keyed).id);
      if (!place) continue;
      for (let stretch = Math.floor(place.first / size); stretch <= Math.floor(place.last / size); stretch++)
        widen(bytes, stretch, start, end);
    }
    found.push(bytes);
  }
  return ranges(count, size).map((range, i) => ({
    ...range,
    bytes: [own, ...found].map((bytes) => bytes[i] ?? nowhere),
  }));
}

function widen(bytes: ByteRange[], at: number, start: number, end: number): void {
  const known = bytes[at];
  bytes[at] = known ? [Math.min(known[0], start), Math.max(known[1], end)] : [start, end];
}

/** First and last place of each key. */
class Positions {
  readonly #keys = new IdTable();
  readonly #first = integers();
  readonly #last = integers();

  add(key: string, position: number): void {
    const number = this.#keys.push(key);
    if (number < this.#first.length) this.#last.set(number, position);
    else {
      this.#first.push(position);
      this.#last.push(position);
    }
  }

  of(key: string): { first: number; last: number } | undefined {
    const number = this.#keys.indexOf(key);
    return number < 0 ? undefined : { first: this.#first.at(number), last: this.#last.at(number) };
  }
}
