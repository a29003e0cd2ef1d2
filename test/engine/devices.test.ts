// Every engine that this machine has computes what the CPU computes: all kernels of a training step with its second
// derivatives, and a state that moves. Engines that are absent are skipped with what would install them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/core/config.js';
import { Rng } from '../../src/core/rng.js';
import {
  compile,
  findEngines,
  kernels,
  resolveEngine,
  tf,
  type EngineReport,
  type FixedEngine,
} from '../../src/engine/index.js';
import { ganConfig } from '../../src/gan/config.js';
import { compileDiscriminatorStep, compileGeneratorStep, createGanState } from '../../src/gan/step.js';
import { elementwise } from '../../packages/engine/test/kernels/elementwise.cases.js';
import { structure } from '../../packages/engine/test/kernels/structure.cases.js';
import { size, type KernelCase } from '../../packages/engine/test/kernels/plain.js';

let reports: EngineReport[] = [];
beforeAll(async () => {
  reports = await findEngines();
}, 60_000);
afterAll(() => {
  for (const { engine, found, detail, install } of reports)
    if (!found) process.stderr.write(`engine ${engine} was not tested: ${detail}. To install: ${install ?? ''}\n`);
});

const others: readonly FixedEngine[] = ['webgpu', 'cuda', 'tfjs'];
const cases: Record<string, KernelCase[]> = { ...elementwise, ...structure };

describe('engines', () => {
  it('the CPU is always there, and auto chooses one that is', async () => {
    expect(reports.find(({ engine }) => engine === 'cpu')).toMatchObject({ found: true });
    const chosen = await resolveEngine('auto');
    expect(reports.find(({ engine }) => engine === chosen)?.found).toBe(true);
    for (const { found, detail, install } of reports)
      expect([found, detail.length > 0, install === undefined]).toEqual([found, true, found]);
  });
});

/** Inputs of a kernel's case, drawn as in its own test. */
function drawn(entry: KernelCase, name: string): Record<string, Float32Array> {
  const rng = Rng.fromSeed(name);
  return Object.fromEntries(
    entry.inputs.map(({ shape, values, low = -1, high = 1 }, i) => [
      `x${i}`,
      Float32Array.from(values ?? Array.from({ length: size(shape) }, () => low + (high - low) * rng.uniform())),
    ]),
  );
}

describe.each(others)('engine %s', (engine) => {
  it('computes every kernel as the CPU does', async ({ skip }) => {
    const report = reports.find((other) => other.engine === engine);
    if (!report?.found) return skip(report?.detail);
    for (const [name, entry] of Object.keys(kernels).flatMap((key) =>
      (cases[key] as KernelCase[]).map((each): [string, KernelCase] => [key, each]),
    )) {
      const specs = Object.fromEntries(entry.inputs.map(({ shape }, i) => [`x${i}`, { shape }]));
      const values: Float32Array[] = [];
      for (const each of ['cpu', engine] as const) {
        const compiled = await compile(
          (inputs: Record<string, tf.Tensor>) => ({
            y: entry.fn(...Object.keys(specs).map((key) => inputs[key] as tf.Tensor)),
          }),
          specs,
          { name, threads: 1, engine: each },
        );
        values.push((await compiled.run(drawn(entry, name))).y);
        await compiled.dispose();
      }
      closeTo(values[1]!, values[0]!, 2e-5, name);
    }
  });

  it('moves both networks as the CPU does', async ({ skip }) => {
    const report = reports.find((other) => other.engine === engine);
    if (!report?.found) return skip(report?.detail);
    const [expected, found] = [await twoSteps('cpu'), await twoSteps(engine)];
    for (const [name, values] of Object.entries(expected))
      closeTo(found[name]!, values, name.startsWith('v.') ? 1e-3 : 2e-4, name);
  });
});

function closeTo(found: Float32Array, expected: Float32Array, tolerance: number, what: string): void {
  expect(found.length, what).toBe(expected.length);
  const scale = Math.max(1e-6, ...expected.map(Math.abs).filter(Number.isFinite));
  found.forEach((x, i) => {
    const wanted = expected[i]!;
    if (Number.isFinite(wanted))
      expect(Math.abs(x - wanted) / scale, `${what}, ${i}: ${x} for ${wanted}`).toBeLessThan(tolerance);
    else expect(x, what).toBe(wanted);
  });
}

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
