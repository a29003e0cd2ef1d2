// Silero on many stretches at once: the same probabilities as one after the other, and as without cuts.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromGrid, MonoStream } from '../../src/audio/mono.js';
import { Rng } from '../../src/core/rng.js';
import { ModelSession } from '../../src/engine/index.js';
import { loadEspeak } from '../../src/espeak/espeak.js';
import { vadConfig } from '../../src/vad/config.js';
import { findSilero } from '../../src/vad/silero.js';
import { chunk, speechProbabilities, usualStretches } from '../../src/vad/silero-stretches.js';

const whole = { ...usualStretches, lanes: 1, chunks: 1e9 };
let session: ModelSession;
/** Sentences and noisy pauses, 25 s. */
let speech: Float32Array;

beforeAll(async () => {
  const path = findSilero(vadConfig.parse({}).silero, '.');
  session = await ModelSession.open(readFileSync(path), { name: path, threads: 1, engine: 'cpu' });
  const espeak = await loadEspeak();
  const spoken = espeak.synthesise('Die Sonne scheint heute sehr schön über dem kleinen Dorf am Fluss.', {
    name: 'de',
  });
  const mono = new MonoStream('speech', spoken.sampleRate, 1);
  const sentence = Float32Array.from([
    ...fromGrid(mono.push(Float32Array.from(spoken.samples))),
    ...fromGrid(mono.finish()),
  ]);
  const rng = Rng.fromSeed('stretches');
  speech = Float32Array.from({ length: 25 * 16_000 }, () => 0.01 * rng.normal());
  for (let at = 12_000; at + sentence.length < speech.length; at += sentence.length + 20_000)
    sentence.forEach((x, i) => {
      speech[at + i]! += x;
    });
});
afterAll(() => session.dispose());

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe('speech probabilities', () => {
  it('do not depend on what is heard beside a recording', async () => {
    const recordings = [
      speech.subarray(0, 70_001),
      speech.subarray(50_000, 50_100),
      speech.subarray(9_000, 9_000 + 3 * chunk),
      new Float32Array(0),
      speech.subarray(100_000, 220_000),
    ];
    const together = await speechProbabilities(session, recordings, { ...usualStretches, lanes: 3 });
    expect(together.map(({ length }) => length)).toEqual([137, 1, 3, 0, 235]);
    for (const [i, samples] of recordings.entries()) {
      const [alone] = (await speechProbabilities(session, [samples], whole)) as [Float32Array];
      expect(largestDifference(alone, together[i]!)).toBeLessThan(1e-4);
    }
    expect(Math.max(...together[4]!)).toBeGreaterThan(0.9); // it did hear speech
  });

  it('hardly change where a long recording is cut, with sound before each cut', async () => {
    const [uncut] = (await speechProbabilities(session, [speech], whole)) as [Float32Array];
    const decisions = (warmUp: number): Promise<number> =>
      speechProbabilities(session, [speech], { ...usualStretches, chunks: 130, warmUp }).then(
        ([cut]) => (cut as Float32Array).filter((value, i) => value >= 0.5 !== uncut[i]! >= 0.5).length / uncut.length,
      );
    // Cuts every 4 s here, so that there are some.
    expect(await decisions(usualStretches.warmUp)).toBeLessThan(0.005);
    expect(await decisions(0)).toBeGreaterThan(0.005); // what the sound before is for
  });

  it('are the same from the 16-bit grid', async () => {
    const grid = Int16Array.from(speech.subarray(0, 60_000), (x) => Math.round(x * 32_767));
    const [a, b] = (await speechProbabilities(session, [grid, fromGrid(grid)], whole)) as [Float32Array, Float32Array];
    expect(b).toEqual(a);
  });
});
