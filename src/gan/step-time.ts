// How fast a pair of training steps is on an engine: what `asr check --engine` prints, on drawn numbers.
import { resolveConfig } from '../core/config.js';
import { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { ganConfig } from './config.js';
import { compileDiscriminatorStep, compileGeneratorStep, createGanState } from './step.js';

export interface StepTime {
  /** Of a discriminator step and a generator step together; the median of a few. */
  readonly milliseconds: number;
  /** From the function to a graph that runs, for both. */
  readonly compileMilliseconds: number;
  readonly gflop: number;
}

export interface StepTimeSize {
  readonly batch: number;
  readonly length: number;
  /** Channels of the discriminator. */
  readonly dim: number;
}

/** Times steps with 44 classes and vectors of 512 values. @throws AsrError as compiling on this engine does */
export async function measureSteps(size: StepTimeSize, compute: Compute, rounds = 3): Promise<StepTime> {
  const config = resolveConfig(ganConfig, [{ discriminator: { dim: size.dim } }], 'measure');
  const shape = { batch: size.batch, columns: 512, classes: 44 };
  const { length } = size;
  const frames = size.batch * length;
  const rows = frames + 4 * size.batch;
  const { kernel } = config.generator;
  const rng = Rng.fromSeed('measure');
  const uniform = (n: number): Float32Array => Float32Array.from({ length: n }, () => rng.uniform() - 0.5);
  const even = (n: number): Float32Array => new Float32Array(n).fill(1 / length);
  const shared = {
    logits: uniform(frames * shape.classes),
    fakeWeights: even(frames),
    x: uniform(rows * shape.columns),
    joinedShare: new Float32Array(rows * kernel).fill(1),
    joinedRow: Int32Array.from({ length: rows * kernel }, () => rng.integer(frames + 1)),
  };
  const state = createGanState(shape, config, Rng.fromSeed('weights'));
  const start = performance.now();
  const discriminator = await compileDiscriminatorStep(state, shape, config, { length, rows }, compute);
  const generator = await compileGeneratorStep(state, shape, config, { length, rows }, compute);
  const compileMilliseconds = performance.now() - start;
  try {
    const forDiscriminator = {
      tokens: Int32Array.from({ length: frames }, () => rng.integer(shape.classes)),
      realWeights: even(frames),
      mix: uniform(shape.batch),
      penaltyWeights: even(length),
    };
    const forGenerator = {
      fakeMask: new Float32Array(frames).fill(1),
      padFrames: Float32Array.of(0),
      codeFrames: Float32Array.of(frames),
      smoothCount: Float32Array.of(frames),
    };
    const times: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const pace = { adamStep: Float32Array.of(round + 1), lrShare: Float32Array.of(1) };
      const begin = performance.now();
      await discriminator.step({ ...shared, ...forDiscriminator, ...pace });
      await generator.step({ ...shared, ...forGenerator, ...pace });
      if (round > 0) times.push(performance.now() - begin); // the first one warms up
    }
    times.sort((a, b) => a - b);
    return {
      milliseconds: times[times.length >> 1]!,
      compileMilliseconds,
      gflop: (discriminator.matrixFlop + generator.matrixFlop) / 1e9,
    };
  } finally {
    await discriminator.dispose();
    await generator.dispose();
  }
}
