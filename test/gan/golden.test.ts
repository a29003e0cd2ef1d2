// Both compiled steps against PyTorch: losses, every gradient (read back from Adam's first moment), the joint norm
// and the weights after one update. test/fixtures/gan/make_golden.py made the numbers, in float64.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/core/config.js';
import { Rng } from '../../src/core/rng.js';
import { bucketRows, type Batch } from '../../src/gan/batches.js';
import { ganConfig, generatorPadding } from '../../src/gan/config.js';
import { batchLogits, discriminatorFeeds, generatorFeeds, type Joined } from '../../src/gan/feeds.js';
import { Projector } from '../../src/gan/generator.js';
import { compileDiscriminatorStep, compileGeneratorStep, createGanState } from '../../src/gan/step.js';

interface Case { network: 'discriminator' | 'generator'; norm: 'time' | 'full'; parts: Record<string, number>; gradientNorm: number; gradients: Record<string, number[]>; after: Record<string, number[]> }
interface Golden {
  settings: { gradientPenalty: number; codePenalty: number; smoothness: number; clipNorm: number; lr: number; betas: [number, number]; eps: number; weightDecay: number };
  columns: number; classes: number; dim: number; kernel: number; generatorKernel: number; paddedLength: number;
  frames: number[][]; lines: number[][]; mix: number[]; segments: number[][][]; weights: Record<string, number[]>; cases: Case[];
}
const golden = JSON.parse(readFileSync(new URL('../fixtures/gan/golden.json', import.meta.url), 'utf8')) as Golden;
const { settings, columns, classes } = golden;
const compute = { engine: 'cpu', threads: 1 } as const;
const shape = { batch: golden.segments.length, columns, classes };

const configFor = (norm: Case['norm']) => resolveConfig(ganConfig, [{
  generator: { kernel: golden.generatorKernel, lr: settings.lr }, discriminator: { dim: golden.dim, kernel: golden.kernel, lr: settings.lr, weightDecay: settings.weightDecay },
  gradientPenalty: settings.gradientPenalty, gradientPenaltyNorm: norm, codePenalty: settings.codePenalty, smoothness: settings.smoothness, clipNorm: settings.clipNorm,
  adam: { betas: settings.betas, eps: settings.eps },
}], 'golden');

function expectClose(found: ArrayLike<number>, expected: readonly number[], what: string): void {
  const scale = Math.max(...expected.map(Math.abs), 1e-3);
  expect(found.length, what).toBe(expected.length);
  expect(Math.max(...expected.map((x, i) => Math.abs(x - found[i]!))) / scale, what).toBeLessThan(1e-4);
}

function batchOf(pad: number): Batch {
  const empty = new Array<number>(pad * columns).fill(0);
  const parts = golden.segments.map((rows) => [...empty, ...rows.flat(), ...empty]);
  const firsts = parts.map((_, b) => parts.slice(0, b).reduce((sum, part) => sum + part.length, 0) / columns);
  const all = parts.flat();
  const x = new Float32Array(bucketRows(all.length / columns) * columns);
  x.set(all);
  return { x, rows: all.length / columns, firsts, segments: golden.segments.map((rows) => rows.length), lines: golden.lines.map((line) => Int32Array.from(line)) };
}

describe('the steps agree with PyTorch', () => {
  it.each(golden.cases)('$network, norm over $norm', async (expected) => {
    const config = configFor(expected.norm);
    const pad = generatorPadding(config.generator);
    const state = createGanState(shape, config, Rng.fromSeed(0));
    for (const [name, values] of Object.entries(golden.weights)) state.set({ [name]: Float32Array.from(values) });
    const batch = batchOf(pad);
    const joined: Joined = { labels: batch.segments.map((n) => new Int32Array(n + 1)), frames: golden.frames.map((list) => Int32Array.from(list)), paddedLength: golden.paddedLength };
    const size = { length: 16, rows: bucketRows(batch.rows) };
    const projector = new Projector(columns, golden.generatorKernel * classes, compute);
    const logits = await batchLogits(batch, { w: state.values['g.w']!, kernel: golden.generatorKernel, pad, columns, classes }, config, projector);
    const isGenerator = expected.network === 'generator';
    const compiled = isGenerator ? await compileGeneratorStep(state, shape, config, size, compute) : await compileDiscriminatorStep(state, shape, config, size, compute);
    const feeds = isGenerator ? generatorFeeds(batch, logits, joined, shape, config, size, 1)
      : { ...discriminatorFeeds(batch, logits, joined, shape, config, size, 1, classes, Rng.fromSeed(0)), mix: Float32Array.from(golden.mix) };
    const outputs: Record<string, Float32Array> = await compiled.step(feeds as never);
    await compiled.dispose();
    await projector.dispose();

    for (const [name, value] of Object.entries(expected.parts)) expectClose(outputs[name]!, [value], name);
    expectClose(outputs['gradientNorm']!, [expected.gradientNorm], 'gradientNorm');
    const factor = Math.min(1, settings.clipNorm / (expected.gradientNorm + 1e-6));
    expect(factor).toBeLessThan(1); // else the joint norm would not be tested
    for (const [name, after] of Object.entries(expected.after)) {
      const clipped = expected.gradients[name]!.map((g) => g * factor);
      expectClose(state.values[`m.${name}`]!.map((m) => m / (1 - settings.betas[0])), clipped, `gradient of ${name}`);
      // Adam makes a whole step of a gradient of next to nothing, whose sign float32 does not know.
      const steady = [...clipped.keys()].filter((i) => Math.abs(clipped[i]!) > 1e-4);
      expectClose(steady.map((i) => state.values[name]![i]!), steady.map((i) => after[i]!), `${name} after the update`);
    }
  });
});
