// Frames by utterance, read many times over by the passes of the cycle: what fits a budget stays in memory, the rest is
// read from disk each time, so memory does not grow with the corpus.
import type { ShardItem, ShardReader } from '../core/shards.js';

export interface FrameSource {
  /** Values per frame; undefined where nothing was written. */
  readonly columns: number | undefined;
  rowsOf(id: string): number;
  /** data: [rows, columns]; shared, not to be changed. */
  read(id: string): Promise<ShardItem>;
}

/** @param budget bytes of frames to keep */
export function cacheFrames(reader: ShardReader, budget: number): FrameSource {
  const kept = new Map<string, ShardItem>();
  let left = budget;
  return {
    columns: reader.columns,
    rowsOf: (id) => reader.rowsOf(id),
    read: async (id) => {
      const known = kept.get(id);
      if (known) return known;
      const item = await reader.read(id);
      if (item.data.byteLength <= left) {
        left -= item.data.byteLength;
        kept.set(id, item);
      }
      return item;
    },
  };
}
