// What is heard without a language model: the best phone of each stretch, as many phones as expected.
import { describe, expect, it } from 'vitest';
import { recognisedWithoutText } from '../../src/bootstrap/sound-alone.js';

const classes = 4; // three phones and silence

/** Rows that say one class each, with so much certainty. */
function saying(rows: readonly number[], certainty = 8): { scores: Float32Array; rows: number } {
  const scores = new Float32Array(rows.length * classes);
  rows.forEach((label, row) => {
    scores[row * classes + label] = certainty;
  });
  return { scores, rows: rows.length };
}

describe('what the sound alone says', () => {
  const clear = [0, 0, 0, 2, 2, 2, 3, 3, 1, 1, 1, 1];

  it('is the phone of each row where the sound is clear, silence as its own class', async () => {
    const [found] = await recognisedWithoutText([saying(clear)], classes - 1, { minRows: 2, beam: 100 }, 3);
    expect(Array.from(found!)).toEqual(clear);
  });

  it('has about as many phones as are expected where the sound is not', async () => {
    // Every second row hints at another phone: three long phones, or many short ones.
    const vague = saying(
      Array.from({ length: 60 }, (_, row) => (row + (row >> 1)) % 3),
      0.8,
    );
    const count = async (expected: number): Promise<number> => {
      const [rows] = await recognisedWithoutText([vague], classes - 1, { minRows: 2, beam: 100 }, expected);
      return rows!.reduce((sum, phone, row) => sum + Number(row === 0 || phone !== rows![row - 1]), 0);
    };
    expect(await count(6)).toBeLessThan(await count(20));
  });
});
