// What a cell of a manifest says about the channel of a call: a letter, a side or a number, as a channel from 0 out.
// Numbers count from 0, as Kaldi's segments and lhotse do, or from 1 in a column that never says 0.

/** Undefined for what names no channel. */
export type ChannelReader = (cell: string) => number | undefined;

const sides: Readonly<Record<string, number>> = { l: 0, left: 0, r: 1, right: 1 };

/**
 * @param cells every cell of the column that is not empty
 * @returns undefined where none of them names a channel: a column of that name about something else
 */
export function channelReader(cells: Iterable<string>): ChannelReader | undefined {
  let [from, some] = [1, false];
  for (const cell of cells) {
    const channel = named(cell, 0);
    some ||= channel !== undefined;
    if (channel === 0 && /^\d/.test(cell)) from = 0;
  }
  return some ? (cell) => named(cell, from) : undefined;
}

function named(cell: string, from: number): number | undefined {
  if (/^\d{1,4}$/.test(cell)) return Number(cell) - from;
  const word = cell.toLowerCase();
  return sides[word] ?? (/^[a-h]$/.test(word) ? word.charCodeAt(0) - 97 : undefined);
}
