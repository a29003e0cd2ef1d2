// Units of time: seconds, samples and frames cannot be passed for one another, which the compiler says.
import { describe, expect, expectTypeOf, it } from 'vitest';
import { encoderGrid, frameAt, frameCount, frameMiddle, frameStart, usualGrid } from '../../src/core/frame-grid.js';
import type { Recording, Utterance } from '../../src/core/records.js';
import { sampleRate, samplesOf, secondsOf, type Frames, type Samples, type Seconds } from '../../src/core/time.js';

describe('units of time', () => {
  it('turn into one another by name', () => {
    expect(samplesOf(1.5)).toBe(24_000);
    expect(samplesOf(0.00003)).toBe(0);
    expect(secondsOf(samplesOf(0.25))).toBe(0.25);
    expect([usualGrid, encoderGrid]).toEqual([
      { hop: 160, window: 400 },
      { hop: 320, window: 400 },
    ]);
    expect(sampleRate).toBe(16_000);
  });

  it('are not taken for one another', () => {
    const seconds: Seconds = 1;
    const samples = samplesOf(seconds);
    const frames = frameCount(samples, usualGrid);
    expect([samples, frames, frameAt(frameStart(frames, usualGrid), usualGrid)]).toEqual([16_000, 98, 98]);
    const wrong = (): void => {
      // @ts-expect-error seconds where samples are wanted
      frameCount(seconds, usualGrid);
      // @ts-expect-error a plain number, of which nobody knows what it is
      frameCount(1, usualGrid);
      // @ts-expect-error samples where a frame is wanted
      frameMiddle(samples, usualGrid);
      // @ts-expect-error frames where a sample is wanted
      frameAt(frames, usualGrid);
      // @ts-expect-error samples where seconds are wanted
      samplesOf(samples);
      // @ts-expect-error frames where seconds are wanted
      samplesOf(frames);
      // @ts-expect-error seconds where samples are wanted
      secondsOf(seconds);
    };
    expect(wrong).toBeTypeOf('function');
  });

  it('are what manifests hold', () => {
    expectTypeOf<Recording['samples']>().toExtend<Samples>();
    expectTypeOf<Utterance['regions'][number][0]>().toExtend<Samples>();
    expectTypeOf<Samples>().not.toExtend<Frames>();
    expectTypeOf<Frames>().not.toExtend<Seconds>();
    expectTypeOf<number>().toExtend<Seconds>();
  });
});
