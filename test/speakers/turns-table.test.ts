// Two sounds that take turns, as rows of a table: who, from when to when, under names that the audio stage can read.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { computeSchema } from '../../src/core/stage.js';
import { sampleRate } from '../../src/core/time.js';
import { turnRows } from '../../src/speakers/turns-table.js';
import { vadConfig } from '../../src/vad/config.js';
import { createDetector } from '../../src/vad/detector.js';
import { wavBytes } from '../audio/signals.js';
import { temporaryFolder } from '../temporary-folder.js';

const compute = computeSchema.parse({});
const named = { id: 'talk', path: 'talks/talk.wav' };

/** Beats of noise through one of two resonances. */
function spoken(turns: readonly (readonly [person: number, seconds: number])[]): Float64Array {
  const rng = Rng.fromSeed(3);
  const samples = turns.flatMap(([person, seconds]) => {
    const turn = (2 * Math.PI * [300, 2500][person]!) / sampleRate;
    let [last, before] = [0, 0];
    return Array.from({ length: seconds * sampleRate }, (_, i) => {
      const beat = Math.floor((6 * i) / sampleRate) % 3 === 2 ? 0 : 1;
      [last, before] = [1.9 * Math.cos(turn) * last - 0.9025 * before + rng.normal(), last];
      return 0.01 * beat * last;
    });
  });
  return Float64Array.from(samples);
}

it('tells two people in a recording, in the order in which they speak', async () => {
  const file = join(await temporaryFolder(), 'talk.wav');
  const turns = [0, 1, 0, 1, 0, 1].map((person) => [person, 5] as const);
  await writeFile(file, wavBytes([spoken(turns)], sampleRate, 's16'));
  const detector = await createDetector(vadConfig.parse({}), compute, '.');
  const rows = await turnRows(file, named, detector, { count: 2 }, compute);
  expect(new Set(rows.map(({ speaker }) => speaker))).toEqual(new Set(['talk-S1', 'talk-S2']));
  expect(rows[0]).toMatchObject({ id: 'talk_0001', path: 'talks/talk.wav', speaker: 'talk-S1' });
  let right = 0;
  for (const { start, end, speaker } of rows)
    for (let at = start; at < end; at += 0.1) right += speaker === `talk-S${1 + (Math.floor(at / 5) % 2)}` ? 0.1 : 0;
  const all = rows.reduce((sum, { start, end }) => sum + end - start, 0);
  expect(right / all).toBeGreaterThan(0.95);
  expect(all).toBeGreaterThan(15);
});

it('names a recording in which nobody speaks', async () => {
  const file = join(await temporaryFolder(), 'silence.wav');
  await writeFile(file, wavBytes([new Float64Array(sampleRate)], sampleRate, 's16'));
  const detector = await createDetector(vadConfig.parse({}), compute, '.');
  await expect(turnRows(file, named, detector, { count: 'auto' }, compute)).rejects.toMatchObject({
    code: 'input',
    message: expect.stringContaining('silence.wav'),
  });
});
