// Who speaks when: turns of a recording, from labels of short stretches and back.
import type { Region } from '../core/records.js';
import type { Samples } from '../core/time.js';

/** People whom one recording may have. */
export const mostSpeakers = 20;

/**
 * A stretch in samples in which one person speaks; persons are numbers from 0, in the order in which they first
 * speak.
 */
export interface Turn {
  readonly start: Samples;
  readonly end: Samples;
  readonly speaker: number;
}

/** As transcripts and tables call them: S1 speaks first. */
export const speakerName = (speaker: number): string => `S${speaker + 1}`;

/**
 * Speech regions cut into stretches of about `length` samples, none shorter than half of that where a region is
 * longer.
 */
export function stretches(regions: readonly Region[], length: number): Region[] {
  return regions.flatMap(([start, end]) => {
    const parts = Math.max(1, Math.round((end - start) / length));
    const cut = (i: number): number => start + Math.round(((end - start) * i) / parts);
    return Array.from({ length: parts }, (_, i): Region => [cut(i), cut(i + 1)] as Region);
  });
}

/** Neighbours of one speaker become one turn where no more than `gap` samples lie between them. */
export function turnsOf(parts: readonly Region[], labels: ArrayLike<number>, gap: number): Turn[] {
  const names = new Map<number, number>();
  const turns: Turn[] = [];
  parts.forEach(([start, end], i) => {
    const label = labels[i]!;
    if (!names.has(label)) names.set(label, names.size);
    const speaker = names.get(label)!;
    const last = turns.at(-1);
    if (last?.speaker === speaker && start - last.end <= gap) turns[turns.length - 1] = { ...last, end };
    else turns.push({ start, end, speaker });
  });
  return turns;
}

/** Who speaks in most of [start, end); the nearest turn where nobody does. Turns are in order. */
export function speakerIn(turns: readonly Turn[], start: Samples, end: Samples): number | undefined {
  const shares = new Map<number, number>();
  let nearest: { speaker: number; away: number } | undefined;
  for (const turn of turns) {
    const shared = Math.min(end, turn.end) - Math.max(start, turn.start);
    if (shared > 0) shares.set(turn.speaker, (shares.get(turn.speaker) ?? 0) + shared);
    if (!nearest || -shared < nearest.away) nearest = { speaker: turn.speaker, away: -shared };
  }
  const [best] = [...shares].sort(([, a], [, b]) => b - a);
  return best?.[0] ?? nearest?.speaker;
}
