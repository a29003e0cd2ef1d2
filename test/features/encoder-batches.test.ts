// Cutting and batching: every frame of an utterance comes from exactly one piece, budgets hold, and a long utterance
// cut into pieces has the frames of the whole where nothing reaches further than the context.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import type { Samples } from '../../src/core/time.js';
import { activationBytes, cutPieces, makeBatches, type UtterancePiece } from '../../src/features/encoder-batches.js';
import { zeroMeanUnitVariance } from '../../src/features/encoder-run.js';
import { difference, openEncoder, writeEncoder } from './encoder-folder.js';

const options = { hop: 320, window: 400, chunk: 50, context: 10 };
const framesOf = (samples: number): number => (samples < 400 ? 0 : 1 + Math.floor((samples - 400) / 320));

describe('pieces', () => {
  it('cover every frame once, whatever the length', () => {
    for (const samples of [0, 399, 400, 719, 720, 16_000, 22_480, 22_800, 23_000, 57_599, 160_000, 1_234_567]) {
      const pieces = cutPieces(3, samples as Samples, options);
      let at = 0;
      for (const piece of pieces) {
        expect(piece).toMatchObject({ sound: 3, at });
        expect(piece.start).toBe((piece.at - piece.skip) * 320);
        expect(framesOf(piece.end - piece.start)).toBeGreaterThanOrEqual(piece.skip + piece.rows);
        if (pieces.length > 1 && piece !== pieces.at(-1))
          expect(framesOf(piece.end - piece.start) - piece.skip - piece.rows).toBe(
            Math.min(10, framesOf(samples) - piece.at - piece.rows),
          );
        at += piece.rows;
      }
      expect(at).toBe(framesOf(samples));
      if (samples > 30_000) expect(Math.max(...pieces.map(({ rows }) => rows))).toBeLessThanOrEqual(50);
    }
  });
});

describe('batches', () => {
  const lengths = [100, 97, 95, 80, 50, 50, 50, 3];
  const pieces = lengths.map((end, sound): UtterancePiece => ({ sound, start: 0, end, skip: 0, rows: 1, at: 0 }));
  const soundsOf = (batches: UtterancePiece[][]): number[][] => batches.map((batch) => batch.map(({ sound }) => sound));
  const cost = (samples: number): number => samples;

  it('hold what fits, longest first, with little padding', () => {
    expect(soundsOf(makeBatches(pieces, { budget: 1000, cost, padded: true, most: 64 }))).toEqual([
      [0, 1, 2],
      [3],
      [4, 5, 6],
      [7],
    ]);
    expect(soundsOf(makeBatches(pieces, { budget: 200, cost, padded: true, most: 64 }))).toEqual([
      [0, 1],
      [2],
      [3],
      [4, 5, 6],
      [7],
    ]);
    expect(soundsOf(makeBatches(pieces, { budget: 1000, cost, padded: true, most: 2 }))).toEqual([
      [0, 1],
      [2],
      [3],
      [4, 5],
      [6],
      [7],
    ]);
  });

  it('hold equal lengths alone where padding would be heard', () => {
    expect(soundsOf(makeBatches(pieces, { budget: 1000, cost, padded: false, most: 64 }))).toEqual([
      [0],
      [1],
      [2],
      [3],
      [4, 5, 6],
      [7],
    ]);
  });

  it('grow with the square of the length once attention is the most', () => {
    const sizes = { channels: 8, firstStride: 5, hop: 320, heads: 16, hiddenSize: 1024, innerSize: 4096 };
    const ratio = activationBytes(3.2e7, sizes) / activationBytes(1.6e7, sizes);
    expect(ratio).toBeGreaterThan(3.9);
    expect(ratio).toBeLessThan(4);
  });
});

describe('a long utterance', () => {
  const rng = Rng.fromSeed('long');
  const samples = Float32Array.from(
    { length: 10 * 16_000 },
    (_, t) => 0.2 * Math.sin(0.03 * t * (1 + 0.2 * Math.sin(1e-4 * t))) + 0.05 * rng.normal(),
  );

  async function inPieces(family: string, layer: number): Promise<number> {
    const root = mkdtempSync(join(tmpdir(), 'asr-long-'));
    const model = writeEncoder(root, family);
    const whole = await openEncoder(model, { layer, extraction: { chunkSeconds: 60 } });
    const cut = await openEncoder(model, { layer, extraction: { chunkSeconds: 2, contextSeconds: 1 } });
    const [a, b] = [await whole.extract(samples), await cut.extract(samples)];
    expect(b.rows).toBe(a.rows);
    await whole.dispose();
    await cut.dispose();
    rmSync(root, { recursive: true });
    return difference(a.data, b.data);
  }

  it('has the same frames in pieces up to the first block: convolutions reach less far than the context', async () => {
    expect(await inPieces('wav2vec2-large', 0)).toBeLessThan(1e-4);
  });

  it('has other frames where attention or statistics reach over all of it', async () => {
    expect(await inPieces('wav2vec2-large', 3)).toBeGreaterThan(1e-3);
    expect(await inPieces('wav2vec2-base', 0)).toBeGreaterThan(1e-3);
  });

  it('is levelled as a whole', () => {
    const levelled = zeroMeanUnitVariance(samples);
    expect(Math.abs(levelled.reduce((a, b) => a + b, 0) / levelled.length)).toBeLessThan(1e-5);
    expect(levelled.reduce((a, b) => a + b * b, 0) / levelled.length).toBeCloseTo(1, 4);
  });
});
