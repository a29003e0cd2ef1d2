// MFCC against torchaudio's Kaldi-compatible one: numbers made once by test/fixtures/features/kaldi-mfcc.py.
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { featuresConfig } from '../../src/features/config.js';
import { createMfcc } from '../../src/features/mfcc.js';

/** The script's sound: a square wave that rises in steps, and noise of a linear congruential generator. */
function sound(length: number): Float32Array {
  let state = 12345n;
  return Float32Array.from({ length }, (_, n) => {
    state = (1103515245n * state + 12345n) % 2147483648n;
    const noise = (Number(state >> 16n) % 401) - 200;
    const square = (n * (Math.floor(n / 800) + 3)) % 160 < 80 ? 3000 : -3000;
    return (noise + square) / 32768;
  });
}

it('gives the cepstra that torchaudio.compliance.kaldi gives', async () => {
  const golden = JSON.parse(
    await readFile(new URL('../fixtures/features/kaldi-mfcc.json', import.meta.url), 'utf8'),
  ) as number[][];
  const extractor = await createMfcc(featuresConfig.parse({ deltas: 0 }), { engine: 'cpu', threads: 1 });
  const { data, rows } = await extractor.extract(sound(400 + 11 * 160));
  await extractor.dispose();
  expect([rows, golden.length, golden[0]?.length]).toEqual([12, 12, 13]);
  const largest = Math.max(...golden.flat().map((value, i) => Math.abs(value - data[i]!)));
  expect(largest).toBeLessThan(1e-3);
});
