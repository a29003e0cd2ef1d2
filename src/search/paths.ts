// Transcripts out of a trellis: the best, or the n best that differ in their words (phones, where there are none).
import { noWord } from './network.js';
import { noColumn, type Trellis } from './trellis.js';

/** A phone over rows [startRow, endRow). */
export interface PathPhone {
  readonly column: number;
  readonly startRow: number;
  endRow: number;
}

/** A word over rows [startRow, endRow), and which of the path's phones it holds: [firstPhone, lastPhone). */
export interface PathWord {
  readonly word: number;
  readonly startRow: number;
  readonly endRow: number;
  readonly firstPhone: number;
  readonly lastPhone: number;
}

export interface Path {
  /** Natural logarithm, weights and language model included. */
  readonly score: number;
  /** Silence is not among them. */
  readonly phones: readonly PathPhone[];
  readonly words: readonly PathWord[];
}

/** One way into a state: rank `rank` of state `from`, by arc `arc`, with the labels so far as a number. */
interface Entry {
  readonly score: number;
  readonly from: number;
  readonly rank: number;
  readonly arc: number;
  readonly history: number;
}

/**
 * @param silence column that is no part of a transcript, or -1
 * @param byWords whether transcripts differ by their words; else by their phones
 * @returns at most `count` paths, best first; of equal transcripts the best way alone
 */
export function bestPaths(trellis: Trellis, count: number, silence: number, byWords: boolean): Path[] {
  if (trellis.ends.length === 0) return [];
  if (count === 1)
    return [trace(trellis, bestArcs(trellis), trellis.ends[0]?.word ?? noWord, silence, endScore(trellis, 0))];
  const histories = new Histories();
  const lists: Entry[][] = [[{ score: 0, from: -1, rank: -1, arc: -1, history: 0 }]];
  for (let state = 1; state < trellis.column.length; state++) {
    const candidates: Entry[] = [];
    for (let arc = trellis.arcStart.at(state); arc < trellis.arcEnd(state); arc++) {
      const label = byWords
        ? trellis.word.at(arc)
        : trellis.enters.at(arc) === 1 && trellis.column.at(state) !== silence
          ? trellis.column.at(state)
          : noWord;
      const from = trellis.from.at(arc);
      (lists[from] as Entry[]).forEach(({ score, history }, rank) => {
        candidates.push({
          score: score + trellis.weight.at(arc),
          from,
          rank,
          arc,
          history: label === noWord ? history : histories.extend(history, label),
        });
      });
    }
    lists.push(distinct(candidates, count));
  }
  const finals = trellis.ends.flatMap(({ state, weight, word }) =>
    (lists[state] as Entry[]).map((entry, rank) => ({
      entry,
      state,
      rank,
      word,
      score: entry.score + weight,
      history: byWords && word !== noWord ? histories.extend(entry.history, word) : entry.history,
    })),
  );
  return distinct(finals, count).map(({ entry, word, score }) =>
    trace(trellis, arcsOf(lists, entry), word, silence, score),
  );
}

/** The best of each history, best first; the earlier one of equal scores. */
function distinct<T extends { readonly score: number; readonly history: number }>(candidates: T[], count: number): T[] {
  candidates.sort((a, b) => b.score - a.score);
  const seen = new Set<number>();
  const kept: T[] = [];
  for (const candidate of candidates) {
    if (kept.length === count) break;
    if (seen.has(candidate.history)) continue;
    seen.add(candidate.history);
    kept.push(candidate);
  }
  return kept;
}

/** Label sequences as numbers: equal ones get the same. */
class Histories {
  readonly #known = new Map<string, number>();

  extend(history: number, label: number): number {
    const key = `${history} ${label}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.#known.size + 1);
    return this.#known.size;
  }
}

const endScore = (trellis: Trellis, index: number): number => {
  const end = trellis.ends[index];
  return end ? trellis.score.at(end.state) + end.weight : -Infinity;
};

/** The arcs of the best path, first row first; the best arc of each state is its first. */
function bestArcs(trellis: Trellis): number[] {
  const arcs: number[] = [];
  for (let state = trellis.ends[0]?.state ?? 0; state > 0;) {
    const arc = trellis.arcStart.at(state);
    arcs.push(arc);
    state = trellis.from.at(arc);
  }
  return arcs.reverse();
}

function arcsOf(lists: readonly Entry[][], last: Entry): number[] {
  const arcs: number[] = [];
  for (let entry = last; entry.arc >= 0; entry = (lists[entry.from] as Entry[])[entry.rank] as Entry)
    arcs.push(entry.arc);
  return arcs.reverse();
}

function trace(trellis: Trellis, arcs: readonly number[], lastWord: number, silence: number, score: number): Path {
  const phones: PathPhone[] = [];
  const words: PathWord[] = [];
  let inside: PathPhone | undefined;
  let firstPhone = 0;
  const finishWord = (word: number): void => {
    const [first, last] = [phones[firstPhone], phones.at(-1)];
    if (word !== noWord && first && last)
      words.push({ word, startRow: first.startRow, endRow: last.endRow, firstPhone, lastPhone: phones.length });
    firstPhone = phones.length;
  };
  arcs.forEach((arc, row) => {
    const column = trellis.column.at(targetOf(trellis, arc));
    if (trellis.word.at(arc) !== noWord) finishWord(trellis.word.at(arc));
    if (trellis.enters.at(arc) === 1 && column !== silence)
      phones.push((inside = { column, startRow: row, endRow: row + 1 }));
    else if (column === noColumn || column === silence) inside = undefined;
    else if (inside) inside.endRow = row + 1;
  });
  if (lastWord !== noWord) finishWord(lastWord);
  return { score, phones, words };
}

/** The state that an arc leads into, by bisection. */
function targetOf(trellis: Trellis, arc: number): number {
  let low = 1;
  let high = trellis.column.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (trellis.arcStart.at(middle) <= arc) low = middle;
    else high = middle - 1;
  }
  return low;
}
