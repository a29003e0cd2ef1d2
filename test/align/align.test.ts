// A text laid over scores that are known: each phone where its rows are, what nobody says gone past, what the text does
// not have left to itself.
import { describe, expect, it } from 'vitest';
import { RecordingScores } from '../../src/align/heard.js';
import { alignWords } from '../../src/align/path.js';
import type { SpokenWord } from '../../src/align/words.js';
import { Rng } from '../../src/core/rng.js';
import type { Frames } from '../../src/core/time.js';
import type { Region } from '../../src/core/records.js';
import type { Acoustics } from '../../src/search/acoustics.js';

const columns = 6;
const silence = 5;
const options = { skipCost: 10, otherCost: 6, beams: [80, Infinity] };
const grid = { hop: 160, window: 400, start: 0 };

/** Scores of rows that hold these columns, one frame a row: the right one likely, the others less so. */
function acousticsOf(rows: readonly number[], { statesPerPhone = 1, blank = -1, seed = 5 } = {}): Acoustics {
  const rng = Rng.fromSeed(seed);
  const width = columns * statesPerPhone;
  const scores = new Float32Array(rows.length * width);
  rows.forEach((column, t) => {
    for (let j = 0; j < width; j++) scores[t * width + j] = -5 - rng.uniform();
    for (let c = 0; c < statesPerPhone; c++) scores[t * width + column * statesPerPhone + c] = -0.2;
  });
  const ends = Int32Array.from(rows, (_, t) => t + 1);
  return {
    scores,
    rows: rows.length,
    columns,
    statesPerPhone,
    ends,
    stay: 0,
    leave: 0,
    silence: blank >= 0 ? -1 : silence,
    blank,
  };
}

function recordingOf(utterances: readonly (readonly number[])[], about = {}): RecordingScores {
  let start = 0;
  return new RecordingScores(
    utterances.map((rows) => {
      const length = rows.length * 160;
      const regions = [[start, start + length] as const];
      start += length + 16_000;
      return {
        regions: regions.map(([a, b]) => [a, b] as Region),
        acoustics: acousticsOf(rows, about),
        frames: rows.length as Frames,
      };
    }),
    grid,
  );
}

const word = (text: string, ...variants: number[][]): SpokenWord => ({ text, line: 0, variants });
const held = (column: number, rows = 6): number[] => Array.from({ length: rows }, () => column);
const kinds = (words: SpokenWord[], heard: RecordingScores): string[] =>
  alignWords(words, heard, options)!
    .filter(({ kind, startRow, endRow }) => kind !== 'pause' && heard.span(startRow, endRow))
    .map(({ kind, column, startRow, endRow }) => `${kind === 'phone' ? column : kind} ${startRow}-${endRow}`);

describe.each([1, 3])('alignWords with %d states a phone', (statesPerPhone) => {
  it('finds each phone where it is', () => {
    const heard = recordingOf([[...held(0), ...held(1), ...held(silence), ...held(2), ...held(2, 3)]], {
      statesPerPhone,
    });
    expect(kinds([word('ab', [0, 1]), word('c', [2])], heard)).toEqual(['0 1-7', '1 7-13', '2 19-28']);
  });

  it('takes the way of a word that was said', () => {
    const heard = recordingOf([[...held(0), ...held(3)]], { statesPerPhone });
    expect(kinds([word('ab', [0, 1], [0, 3])], heard)).toEqual(['0 1-7', '3 7-13']);
  });

  it('goes past words that nobody says', () => {
    const heard = recordingOf([[...held(0), ...held(2)]], { statesPerPhone });
    const words = [word('a', [0]), word('long', [1, 3, 1, 4]), word('c', [2])];
    expect(kinds(words, heard)).toEqual(['0 1-7', '2 7-13']);
    const many = Array.from({ length: 20 }, () => word('long', [1, 3, 1, 4]));
    const paused = recordingOf([[...held(0), ...held(silence, 30), ...held(2)]], { statesPerPhone });
    expect(kinds([word('a', [0]), ...many, word('c', [2])], paused)).toEqual(['0 1-7', '2 37-43']);
  });

  it('leaves out what the text does not have', () => {
    const heard = recordingOf([[...held(0), ...held(4), ...held(1), ...held(4), ...held(3), ...held(2)]], {
      statesPerPhone,
    });
    expect(kinds([word('a', [0]), word('c', [2])], heard)).toEqual(['0 1-7', 'other 7-31', '2 31-37']);
  });

  it('never stretches a word over the pause between two utterances', () => {
    const heard = recordingOf(
      [
        [...held(0), ...held(1)],
        [...held(1), ...held(2)],
      ],
      { statesPerPhone },
    );
    expect(kinds([word('ab', [0, 1]), word('bc', [1, 2])], heard)).toEqual(['0 1-7', '1 7-13', '1 14-20', '2 20-26']);
    expect(heard.span(14, 20)).toEqual({ start: 1920 + 16_000, end: 1920 + 16_000 + 960 + 120 });
  });
});

describe('alignWords under CTC', () => {
  it('finds equal phones apart', () => {
    const rows = [0, silence, silence, 0, silence, 1, 1, silence];
    const heard = recordingOf([rows], { blank: silence });
    expect(kinds([word('aab', [0, 0, 1])], heard)).toEqual(['0 1-2', '0 4-5', '1 6-8']);
  });
});

describe('a long text', () => {
  it('is found again, whatever its length', () => {
    const rng = Rng.fromSeed(9);
    const words = Array.from({ length: 3000 }, (_, i) =>
      word(
        String(i),
        Array.from({ length: 2 + rng.integer(3) }, () => rng.integer(5)),
      ),
    );
    const rows = words.flatMap(({ variants }) => [...variants[0]!.flatMap((c) => held(c, 4)), ...held(silence, 2)]);
    const aligned = alignWords(words, recordingOf([rows]), options)!;
    const starts = new Map(aligned.filter(({ first }) => first).map(({ word: i, startRow }) => [i, startRow]));
    let at = 1;
    let near = 0;
    words.forEach(({ variants }, i) => {
      if (Math.abs((starts.get(i) ?? -99) - at) <= 1) near++;
      at += 4 * variants[0]!.length + 2;
    });
    expect(near).toBeGreaterThan(2990);
  });
});
