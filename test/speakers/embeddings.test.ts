// Turns by a speaker model of the user's: two made models, of a waveform and of log-mel bands, tell low sounds from
// high ones; files that are no such model are refused by name.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toGrid } from '../../src/audio/mono.js';
import type { Region } from '../../src/core/records.js';
import { Rng } from '../../src/core/rng.js';
import { computeSchema } from '../../src/core/stage.js';
import { sampleRate } from '../../src/core/time.js';
import { OnnxBuilder } from '../../src/engine/index.js';
import { diarise } from '../../src/speakers/diarise.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-speakers-'));
const at = (name: string): string => join(folder, name);
const compute = computeSchema.parse({});

/** [1, samples] -> the power of the sound and of its differences, which is more where it is high. */
function waveModel(): Uint8Array {
  const graph = new OnnxBuilder();
  const wave = graph.input('wave', 'float32', [1, 'samples']);
  const kernels = graph.constant('float32', [2, 1, 2], Float32Array.of(0, 1, -1, 1));
  const both = graph.node('Conv', [graph.node('Unsqueeze', [wave, graph.ints(1)]), kernels]);
  const power = graph.node('ReduceMean', [graph.node('Mul', [both, both])], { axes: [2], keepdims: 0 });
  graph.output('speaker', power, 'float32', [1, 2]);
  return graph.encode('wave');
}

/** [1, frames, 80] -> how much each band moves. */
function bandsModel(): Uint8Array {
  const graph = new OnnxBuilder();
  const bands = graph.input('bands', 'float32', [1, 'frames', 80]);
  const power = graph.node('ReduceMean', [graph.node('Mul', [bands, bands])], { axes: [1], keepdims: 0 });
  graph.output('speaker', power, 'float32', [1, 80]);
  return graph.encode('bands');
}

/** Beats of a low or a high tone. @param turns person and seconds, one after the other */
function sound(turns: readonly (readonly [person: number, seconds: number])[]): Int16Array {
  const rng = Rng.fromSeed(5);
  const hertz = [150, 7000];
  const samples = turns.flatMap(([person, seconds]) =>
    Array.from({ length: seconds * sampleRate }, (_, i) => {
      const beat = Math.floor((8 * i) / sampleRate) % 2;
      return 0.3 * beat * Math.sin((2 * Math.PI * hertz[person]! * i) / sampleRate) + 1e-4 * rng.normal();
    }),
  );
  return toGrid(Float32Array.from(samples));
}

beforeAll(() => {
  writeFileSync(at('wave.onnx'), waveModel());
  writeFileSync(at('bands.onnx'), bandsModel());
  writeFileSync(at('letter.onnx'), 'dear reader');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a speaker model of the user', () => {
  const said = [
    [0, 6],
    [1, 5],
    [0, 4],
    [1, 7],
  ] as const;
  const samples = sound(said);
  const speech: Region[] = [[0, samples.length] as Region];

  it.each([
    ['a waveform', 'wave.onnx'],
    ['log-mel bands', 'bands.onnx'],
  ])('tells who speaks when, by %s', async (_, model) => {
    const turns = await diarise(samples, speech, { count: 2, model: at(model) }, compute);
    const seconds = turns.map(({ speaker, start, end }) => [speaker, start / sampleRate, end / sampleRate]);
    const expected = [
      [0, 0, 6],
      [1, 6, 11],
      [0, 11, 15],
      [1, 15, 22],
    ];
    expect(seconds.map(([speaker]) => speaker)).toEqual(expected.map(([speaker]) => speaker));
    // Stretches of a second and a half are heard with half of that around them.
    seconds.flat().forEach((value, i) => {
      expect(Math.abs(value - expected.flat()[i]!)).toBeLessThan(1.5);
    });
  });

  it('finds one person where one speaks, and nobody in silence', async () => {
    const alone = sound([[0, 9]]);
    const turns = await diarise(
      alone,
      [[0, alone.length] as Region],
      { count: 'auto', model: at('wave.onnx') },
      compute,
    );
    expect(turns.map(({ speaker }) => speaker)).toEqual([0]);
    expect(await diarise(alone, [], { count: 2, model: at('wave.onnx') }, compute)).toEqual([]);
  });

  it('refuses what is no speaker model', async () => {
    const two = new OnnxBuilder();
    const inputs = ['a', 'b'].map((name) => two.input(name, 'float32', [1, 'samples']));
    two.output('sum', two.node('Add', inputs), 'float32', [1, 'samples']);
    writeFileSync(at('two.onnx'), two.encode('two'));
    const by = (model: string) => diarise(samples, speech, { count: 2, model: at(model) }, compute);
    await expect(by('two.onnx')).rejects.toMatchObject({
      code: 'model',
      message: expect.stringMatching(/two\.onnx: takes a .*b/u),
    });
    await expect(by('letter.onnx')).rejects.toMatchObject({ code: 'model' });
    await expect(by('missing.onnx')).rejects.toMatchObject({ code: 'io' });
    const still = new Int16Array(4 * sampleRate);
    await expect(
      diarise(still, [[0, still.length] as Region], { count: 2, model: at('wave.onnx') }, compute),
    ).rejects.toMatchObject({ code: 'model', message: expect.stringContaining('length 0') });
  });
});
