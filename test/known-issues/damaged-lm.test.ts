// A binary language model was believed wherever its checksum was right: a table without a free slot, or a suffix that
// leads in a circle, made a search that never ended. The arrays are now checked once, when the file is opened.
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { AsrError } from '../../src/core/errors.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import { decodeLm, encodeLm } from '../../src/lm/lm-file.js';

const rng = Rng.fromSeed(3);
const letters = [...'abcdefgh'];
const model = estimateNgram(
  Array.from({ length: 400 }, () => Array.from({ length: 1 + rng.integer(9) }, () => letters[rng.integer(8)]!)),
  { order: 3 },
);
const good = encodeLm(model);
const header = JSON.parse(good.toString('utf8', 16, 16 + good.readUInt32LE(8))) as Record<
  'nodes' | 'slots' | 'symbolBytes',
  number
>;
const align = (n: number): number => Math.ceil(n / 8) * 8;
const start = 16 + good.readUInt32LE(8);
const { nodes, slots, symbolBytes } = header;
const symbolsAt = start;
const parentAt = symbolsAt + align(symbolBytes);
const symbolAt = parentAt + align(4 * nodes);
const suffixAt = symbolAt + align(4 * nodes);
const slotsAt = suffixAt + align(4 * nodes);
const logProbAt = slotsAt + align(4 * slots);
const backoffAt = logProbAt + align(4 * nodes);
const lengthAt = backoffAt + align(4 * nodes);

/** The file with one change in its body, and a checksum that fits. */
function sealed(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(good);
  change(bytes);
  const text = JSON.stringify({ ...header, checksum: crc32(bytes.subarray(start)) });
  bytes.fill(' ', 16, start);
  bytes.write(text.slice(0, start - 16), 16);
  return bytes;
}
const last = nodes - 1;

describe('a binary language model whose checksum fits', () => {
  it('is laid out as this test believes', () => {
    expect(lengthAt + align(nodes)).toBe(good.length);
    expect(
      decodeLm(
        sealed(() => undefined),
        'lm',
      ).scoreSentence(['a', 'b']),
    ).toBeCloseTo(model.scoreSentence(['a', 'b']), 4);
  });

  it.each<[string, (bytes: Buffer) => void]>([
    [
      'no free slot',
      (b) => {
        for (let i = 0; i < slots; i++) if (b.readInt32LE(slotsAt + 4 * i) === 0) b.writeInt32LE(1, slotsAt + 4 * i);
      },
    ],
    ['a slot beyond the nodes', (b) => b.writeInt32LE(nodes, slotsAt)],
    ['a negative slot', (b) => b.writeInt32LE(-1, slotsAt)],
    ['an empty table', (b) => b.fill(0, slotsAt, slotsAt + 4 * slots)],
    ['a suffix that is itself', (b) => b.writeInt32LE(last, suffixAt + 4 * last)],
    ['a suffix behind', (b) => b.writeInt32LE(last, suffixAt + 4 * (last - 1))],
    ['a negative suffix', (b) => b.writeInt32LE(-5, suffixAt + 4 * last)],
    [
      'a suffix of other symbols',
      (b) => b.writeInt32LE(b.readInt32LE(suffixAt + 4 * last) === 4 ? 5 : 4, suffixAt + 4 * last),
    ],
    ['a parent behind', (b) => b.writeInt32LE(last, parentAt + 4 * 5)],
    ['a symbol that is not there', (b) => b.writeInt32LE(999, symbolAt + 4 * last)],
    ['a length above the order', (b) => b.writeUInt8(9, lengthAt + last)],
    ['a symbol twice', (b) => b.write('a', symbolsAt + good.subarray(symbolsAt).indexOf('b'))],
    ['a probability that is not a number', (b) => b.writeFloatLE(NaN, logProbAt + 4 * last)],
    ['a probability above one', (b) => b.writeFloatLE(7, logProbAt + 4 * last)],
    ['an infinite backoff', (b) => b.writeFloatLE(Infinity, backoffAt + 4 * 3)],
  ])('is refused for %s', (_, change) => {
    expect(() => decodeLm(sealed(change), 'lm.bin')).toThrow(
      expect.objectContaining({ code: 'model', message: expect.stringContaining('lm.bin: a damaged binary') }),
    );
  });

  it('is refused or works after any change of its numbers', () => {
    const changes = Rng.fromSeed(9);
    let refused = 0;
    for (let i = 0; i < 400; i++) {
      const bytes = sealed((b) => {
        for (let n = 0; n < 1 + (i % 3); n++) b[start + changes.integer(b.length - start)] = changes.integer(256);
      });
      try {
        const changed = decodeLm(bytes, 'lm.bin');
        expect(typeof changed.scoreSentence(['a', 'h', 'c', 'b'])).toBe('number');
      } catch (error) {
        expect(error).toBeInstanceOf(AsrError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
