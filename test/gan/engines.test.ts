// A discriminator and a generator step, second derivatives included, on every engine that this machine has: the state
// moves as it does on the CPU.
import { describe, it } from 'vitest';
import { resolveConfig } from '../../src/core/config.js';
import { closeTo } from '../../packages/engine/test/close-to.js';
import { Rng } from '../../src/core/rng.js';
import { probeEngine, type FixedEngine } from '../../src/engine/index.js';
import { ganConfig } from '../../src/gan/config.js';
import { compileDiscriminatorStep, compileGeneratorStep, createGanState } from '../../src/gan/step.js';

describe.each<FixedEngine>(['webgpu', 'cuda', 'tfjs'])('engine %s', (engine) => {
  it('moves both networks as the CPU does', async ({ skip }) => {
    const { found: isThere, detail } = await probeEngine(engine);
    if (!isThere) return skip(detail);
    const [expected, found] = [await twoSteps('cpu'), await twoSteps(engine)];
    for (const [name, values] of Object.entries(expected))
      closeTo(found[name]!, values, name.startsWith('v.') ? 1e-3 : 2e-4, name);
  });
});

/** A discriminator and a generator step on drawn inputs: the state after them and what they put out. */
async function twoSteps(engine: FixedEngine): Promise<Record<string, Float32Array>> {
  const config = resolveConfig(ganConfig, [{ discriminator: { dim: 8, kernel: 3 } }], 'devices');
  const shape = { batch: 4, columns: 6, classes: 5 };
  const [length, rows, kernel] = [16, 128, config.generator.kernel];
  const rng = Rng.fromSeed('devices');
  const normal = (n: number): Float32Array => Float32Array.from({ length: n }, () => rng.normal());
  const uniform = (n: number): Float32Array => Float32Array.from({ length: n }, () => rng.uniform());
  const integers = (n: number, below: number): Int32Array => Int32Array.from({ length: n }, () => rng.integer(below));
  const even = (n: number): Float32Array => new Float32Array(n).fill(1 / length);
  const shared = {
    logits: normal(shape.batch * length * shape.classes),
    fakeWeights: even(shape.batch * length),
    adamStep: Float32Array.of(1),
    lrShare: Float32Array.of(1),
  };
  const gradient = {
    x: normal(rows * shape.columns),
    joinedRow: integers(rows * kernel, shape.batch * length + 1),
    joinedShare: uniform(rows * kernel),
  };
  const state = createGanState(shape, config, Rng.fromSeed('weights'));
  const compute = { engine, threads: 1 } as const;
  const d = await compileDiscriminatorStep(state, shape, config, { length, rows }, compute);
  const g = await compileGeneratorStep(state, shape, config, { length, rows }, compute);
  const outputs = [
    await d.step({
      ...shared,
      ...gradient,
      tokens: integers(shape.batch * length, shape.classes),
      realWeights: even(shape.batch * length),
      mix: uniform(shape.batch),
      penaltyWeights: even(length),
    }),
    await g.step({
      ...shared,
      ...gradient,
      fakeMask: new Float32Array(shape.batch * length).fill(1),
      padFrames: Float32Array.of(0),
      codeFrames: Float32Array.of(shape.batch * length),
      smoothCount: Float32Array.of(shape.batch * (length - 1) * shape.classes),
    }),
  ];
  await d.dispose();
  await g.dispose();
  return {
    ...Object.fromEntries(Object.keys(state.values).map((name) => [name, state.values[name]!.slice()])),
    ...Object.fromEntries(
      outputs.flatMap((record, i) => Object.entries(record).map(([name, values]) => [`${i} ${name}`, values])),
    ),
  };
}
