// A CTC model has a symbol for silence and a blank. Aligning took silence alone for what lies between two phones, which
// such a model hardly ever says: words that were said plainly were gone past as "not heard".
import { expect, it } from 'vitest';
import type { Region } from '../../src/core/records.js';
import type { Frames } from '../../src/core/time.js';
import { RecordingScores } from '../../src/align/heard.js';
import { alignWords } from '../../src/align/path.js';

const [silence, blank, columns] = [3, 4, 5];
const [likely, never] = [-0.1, -12];

/** A phone in one row, then blanks, as such a network speaks. */
const rows = [0, 1, 2, 1, 0].flatMap((phone) => [phone, blank, blank, blank, blank, blank]);

function heard(): RecordingScores {
  const scores = new Float32Array(rows.length * columns).fill(never);
  rows.forEach((column, t) => (scores[t * columns + column] = likely));
  const ends = Int32Array.from(rows, (_, t) => t + 1);
  const acoustics = { scores, rows: rows.length, columns, ends, statesPerPhone: 1, stay: 0, leave: 0, silence, blank };
  return new RecordingScores(
    [{ regions: [[0, rows.length * 160] as Region], acoustics, frames: rows.length as Frames }],
    {
      ...{ hop: 160, window: 400, start: 0 },
    },
  );
}

it('keeps every word that was said', () => {
  const words = [
    { text: 'ab', line: 0, variants: [[0, 1]] },
    { text: 'cba', line: 0, variants: [[2, 1, 0]] },
  ];
  const found = alignWords(words, heard(), { skipCost: 10, otherCost: 6, beams: [80, Infinity] })!;
  // Row 0 is the pause before the recording.
  expect(
    found.filter(({ kind }) => kind === 'phone').map(({ word, column, startRow }) => [word, column, startRow]),
  ).toEqual([
    [0, 0, 1],
    [0, 1, 7],
    [1, 2, 13],
    [1, 1, 19],
    [1, 0, 25],
  ]);
  expect(found.some(({ kind }) => kind === 'other')).toBe(false);
});
