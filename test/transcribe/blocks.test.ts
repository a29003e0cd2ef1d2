// Cutting a stream into blocks: nothing is lost, cuts lie in pauses, sizes keep their bounds, whatever the pieces.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { vadConfig } from '../../src/vad/config.js';
import { detectSpeech, frameLogEnergy } from '../../src/vad/energy.js';
import { RunningPeak } from '../../src/vad/running-peak.js';
import { cutBlocks, type SpeechBlock } from '../../src/transcribe/blocks.js';
import { babble } from './small-model.js';

const vad = vadConfig.parse({});
const blockSamples = 10 * 16_000;

async function* inPieces(samples: Float32Array, size: () => number): AsyncGenerator<Float32Array> {
  for (let at = 0; at < samples.length;) {
    const length = size();
    yield samples.slice(at, at + length);
    at += length;
  }
}

async function blocksOf(samples: Float32Array, size = (): number => 16_000): Promise<SpeechBlock[]> {
  const blocks: SpeechBlock[] = [];
  for await (const { start, samples: held } of cutBlocks(inPieces(samples, size), vad, blockSamples))
    blocks.push({ start, samples: held.slice() });
  return blocks;
}

const bytes = (samples: Float32Array): Buffer => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
/** Comparing bytes takes no time, unlike comparing a million numbers one by one. */
const joinTo = (blocks: readonly SpeechBlock[], samples: Float32Array): boolean =>
  Buffer.concat(blocks.map((block) => bytes(block.samples))).equals(bytes(samples));
const cutsOf = (blocks: readonly SpeechBlock[]): number[] => blocks.map(({ start }) => start);

describe('cutBlocks', () => {
  it('keeps a recording of up to one and a half blocks whole', async () => {
    const samples = babble(14.9);
    const blocks = await blocksOf(samples);
    expect(cutsOf(blocks)).toEqual([0]);
    expect(joinTo(blocks, samples)).toBe(true);
  });

  it('loses and repeats nothing, keeps sizes, and cuts where nobody speaks', async () => {
    const samples = babble(70);
    const blocks = await blocksOf(samples);
    expect(joinTo(blocks, samples)).toBe(true);
    const speech = detectSpeech(samples, vad);
    let at = 0;
    for (const [i, block] of blocks.entries()) {
      expect(block.start).toBe(at);
      at += block.samples.length;
      if (i < blocks.length - 1) {
        expect(block.samples.length).toBeGreaterThanOrEqual(blockSamples / 2);
        expect(block.samples.length).toBeLessThanOrEqual(blockSamples);
        expect(
          speech.some(([start, end]) => start < at && at < end),
          `cut at ${at}`,
        ).toBe(false);
      } else {
        expect(block.samples.length).toBeGreaterThanOrEqual(blockSamples / 2);
      }
    }
    expect(blocks.length).toBeGreaterThan(5);
  });

  it('cuts alike whatever pieces the sound comes in', async () => {
    const samples = babble(40);
    const rng = Rng.fromSeed(3);
    const expected = cutsOf(await blocksOf(samples));
    for (const size of [(): number => 1 + rng.integer(30_000), (): number => samples.length]) {
      const blocks = await blocksOf(samples, size);
      expect(cutsOf(blocks)).toEqual(expected);
      expect(joinTo(blocks, samples)).toBe(true);
    }
  });

  it('cuts at the quietest moment where nobody pauses', async () => {
    const samples = Float32Array.from(
      { length: 30 * 16_000 },
      (_, i) => Math.sin(i) * (Math.floor(i / 1600) === 87 ? 0.2 : 0.5),
    );
    const [first] = await blocksOf(samples);
    expect(Math.floor(first!.samples.length / 1600)).toBe(87);
  });

  it('cuts silence anywhere, and gives nothing for nothing', async () => {
    const blocks = await blocksOf(new Float32Array(40 * 16_000));
    expect(joinTo(blocks, new Float32Array(40 * 16_000))).toBe(true);
    expect(await blocksOf(new Float32Array(0))).toEqual([]);
  });
});

describe('RunningPeak', () => {
  it('is the 95th percentile of all that was heard', () => {
    const samples = babble(30, 4);
    const peak = new RunningPeak();
    expect(peak.value).toBe(-Infinity);
    const energies: number[] = [];
    for (let at = 0; at < samples.length; at += 80_000) {
      peak.add(samples.subarray(at, at + 80_000));
      energies.push(...frameLogEnergy(samples.subarray(at, at + 80_000)));
    }
    energies.sort((a, b) => a - b);
    expect(Math.abs(peak.value - energies[Math.floor(0.95 * (energies.length - 1))]!)).toBeLessThan(0.06);
  });

  it('keeps a minute of faint noise silent after a minute of speech', () => {
    const peak = new RunningPeak();
    const rng = Rng.fromSeed(9);
    const noise = Float32Array.from({ length: 160_000 }, () => 0.0008 * rng.normal());
    peak.add(babble(60));
    peak.add(noise);
    expect(detectSpeech(noise, vad).length).toBeGreaterThan(0);
    expect(detectSpeech(noise, vad, peak.value)).toEqual([]);
  });
});
