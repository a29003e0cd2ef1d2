// Both compiled steps, of wav2vec-U and of wav2vec-U 2.0, against PyTorch: losses, every gradient (read back
// from Adam's first moment), the joint norm and the weights after one update.
// test/fixtures/gan/make_golden.py made the numbers, in float64.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resolveConfig, type ConfigTree } from '../../src/core/config.js';
import { Rng } from '../../src/core/rng.js';
import { bucketRows, type Batch } from '../../src/gan/batches.js';
import { ganConfig, generatorPadding, type GanConfig } from '../../src/gan/config.js';
import { batchLogits, discriminatorFeeds, generatorFeeds, type Joined } from '../../src/gan/feeds.js';
import { ForwardPass } from '../../src/gan/forward-pass.js';
import { createGenerator } from '../../src/gan/generator.js';
import { compileDiscriminatorStep, compileGeneratorStep, createGanState, type GanState } from '../../src/gan/step.js';

interface Case {
  network: 'discriminator' | 'generator';
  norm: 'time' | 'full';
  /** Of wav2vec-U 2.0: whether padding counts in the mean of the auxiliary loss. */
  auxiliaryPads?: boolean;
  parts: Record<string, number>;
  gradientNorm: number;
  gradients: Record<string, number[]>;
  after: Record<string, number[]>;
}
interface Golden {
  settings: {
    gradientPenalty: number;
    codePenalty: number;
    smoothness: number;
    clipNorm: number;
    lr: number;
    betas: [number, number];
    eps: number;
    weightDecay: number;
  };
  columns: number;
  classes: number;
  dim: number;
  kernel: number;
  generatorKernel: number;
  paddedLength: number;
  frames: number[][];
  lines: number[][];
  mix: number[];
  segments: number[][][];
  weights: Record<string, number[]>;
  cases: Case[];
  /** wav2vec-U 2.0. */
  two: {
    columns: number;
    kernel: number;
    stride: number;
    pad: number;
    auxiliaryClasses: number;
    auxiliaryWeight: number;
    gamma: number;
    paddedLength: number;
    frames: number[][];
    segments: number[][][];
    dropInner: number[][];
    dropOuter: number[][];
    labels: number[];
    weights: Record<string, number[]>;
    mean: number[];
    variance: number[];
    logProbs: number[][][];
    cases: Case[];
  };
}
const golden = JSON.parse(readFileSync(new URL('../fixtures/gan/golden.json', import.meta.url), 'utf8')) as Golden;
const { settings, classes, two } = golden;
const compute = { engine: 'cpu', threads: 1 } as const;

const configFor = (norm: Case['norm'], layer: ConfigTree): GanConfig =>
  resolveConfig(
    ganConfig,
    [
      {
        generator: { lr: settings.lr },
        discriminator: { dim: golden.dim, kernel: golden.kernel, lr: settings.lr, weightDecay: settings.weightDecay },
        gradientPenalty: settings.gradientPenalty,
        gradientPenaltyNorm: norm,
        codePenalty: settings.codePenalty,
        smoothness: settings.smoothness,
        clipNorm: settings.clipNorm,
        adam: { betas: settings.betas, eps: settings.eps },
      },
      layer,
    ],
    'golden',
  );
const layerOne: ConfigTree = { generator: { kernel: golden.generatorKernel } };
const layerTwo: ConfigTree = {
  generator: { kernel: two.kernel, stride: two.stride, padding: two.pad, batchNorm: two.gamma, residual: true },
  auxiliary: { weight: two.auxiliaryWeight, classes: two.auxiliaryClasses },
};

function expectClose(found: ArrayLike<number>, expected: readonly number[], what: string): void {
  const scale = Math.max(...expected.map(Math.abs), 1e-3);
  expect(found.length, what).toBe(expected.length);
  expect(Math.max(...expected.map((x, i) => Math.abs(x - found[i]!))) / scale, what).toBeLessThan(1e-4);
}

/** Rows of utterances with `pad` rows of `filler` around each, and room for what a step is compiled for. */
function padRows(
  utterances: readonly number[][][],
  pad: number,
  filler: number,
): { values: Float32Array; rows: number; firsts: number[] } {
  const columns = utterances[0]![0]!.length;
  const empty = new Array<number>(pad * columns).fill(filler);
  const parts = utterances.map((rows) => [...empty, ...rows.flat(), ...empty]);
  const all = parts.flat();
  const values = new Float32Array(bucketRows(all.length / columns) * columns);
  values.set(all);
  return {
    values,
    rows: all.length / columns,
    firsts: parts.map((_, b) => parts.slice(0, b).reduce((sum, part) => sum + part.length, 0) / columns),
  };
}

/** Cut like the utterances. */
const split = <T>(rows: readonly T[], utterances: readonly unknown[][]): T[][] =>
  utterances.map((own, b) => {
    const from = utterances.slice(0, b).reduce((sum, other) => sum + other.length, 0);
    return rows.slice(from, from + own.length);
  });

function batchOne(pad: number): Batch {
  const { values, rows, firsts } = padRows(golden.segments, pad, 0);
  return {
    x: values,
    rows,
    firsts,
    segments: golden.segments.map((own) => own.length),
    lines: golden.lines.map((line) => Int32Array.from(line)),
  };
}

function batchTwo(pad: number): Batch {
  const { values, rows, firsts } = padRows(two.segments, pad, 0);
  const mask = (factors: number[][]): Float32Array => padRows(split(factors, two.segments), pad, 1.25).values;
  const labels = new Int32Array(bucketRows(rows)).fill(-1);
  split(two.labels, two.segments).forEach((own, b) => {
    labels.set(own, firsts[b]! + pad);
  });
  return {
    x: values,
    rows,
    firsts,
    segments: two.segments.map((own) => own.length),
    lines: golden.lines.map((line) => Int32Array.from(line)),
    masks: { inner: mask(two.dropInner), outer: mask(two.dropOuter) },
    labels,
    longestLabels: Math.max(...two.segments.map((own) => own.length)),
  };
}

interface Given {
  readonly config: GanConfig;
  readonly columns: number;
  readonly weights: Record<string, number[]>;
  readonly batch: Batch;
  readonly frames: number[][];
  readonly paddedLength: number;
}

async function compare(
  { config, columns, weights, batch, frames, paddedLength }: Given,
  expected: Case,
  after?: (state: GanState, forward: ForwardPass) => Promise<void>,
): Promise<void> {
  const shape = { batch: batch.segments.length, columns, classes };
  const state = createGanState(shape, config, Rng.fromSeed(0));
  for (const [name, values] of Object.entries(weights)) state.set({ [name]: Float32Array.from(values) });
  const size = { length: 16, rows: bucketRows(batch.rows) };
  const forward = new ForwardPass(state, config, shape, compute);
  const logits = await batchLogits(batch, config, classes, forward);
  const joined: Joined = {
    labels: logits.map((values) => new Int32Array(values.length / classes)),
    frames: frames.map((list) => Int32Array.from(list)),
    paddedLength,
  };
  await after?.(state, forward);
  const isGenerator = expected.network === 'generator';
  const compiled = isGenerator
    ? await compileGeneratorStep(state, shape, config, size, compute)
    : await compileDiscriminatorStep(state, shape, config, size, compute);
  const pace = { adamStep: 1, lrShare: 1 };
  const material = { batch, logits, joined, shape, config, size, pace, vocabularySize: classes };
  const feeds = isGenerator
    ? generatorFeeds(material)
    : {
        ...discriminatorFeeds(material, Rng.fromSeed(0)),
        mix: Float32Array.from(golden.mix),
      };
  const outputs: Record<string, Float32Array> = await compiled.step(feeds as never);
  await compiled.dispose();
  await forward.dispose();

  for (const [name, value] of Object.entries(expected.parts)) expectClose(outputs[name]!, [value], name);
  expectClose(outputs['gradientNorm']!, [expected.gradientNorm], 'gradientNorm');
  const factor = Math.min(1, settings.clipNorm / (expected.gradientNorm + 1e-6));
  expect(factor).toBeLessThan(1); // else the joint norm would not be tested
  for (const [name, moved] of Object.entries(expected.after)) {
    const clipped = expected.gradients[name]!.map((g) => g * factor);
    expectClose(
      state.values[`m:${name}`]!.map((m) => m / (1 - settings.betas[0])),
      clipped,
      `gradient of ${name}`,
    );
    // Adam makes a whole step of a gradient of next to nothing, whose sign float32 does not know.
    const steady = [...clipped.keys()].filter((i) => Math.abs(clipped[i]!) > 1e-4);
    expectClose(
      steady.map((i) => state.values[name]![i]!),
      steady.map((i) => moved[i]!),
      `${name} after the update`,
    );
  }
}

describe('the steps of wav2vec-U agree with PyTorch', () => {
  it.each(golden.cases)('$network, norm over $norm', async (expected) => {
    const config = configFor(expected.norm, layerOne);
    await compare(
      {
        config,
        columns: golden.columns,
        weights: golden.weights,
        batch: batchOne(generatorPadding(config.generator)),
        frames: golden.frames,
        paddedLength: golden.paddedLength,
      },
      expected,
    );
  });
});

describe('the steps of wav2vec-U 2.0 (batch norm, residual layer, stride, auxiliary labels) agree with PyTorch', () => {
  const config = configFor('time', layerTwo);
  const given: Given = {
    config,
    columns: two.columns,
    weights: two.weights,
    batch: batchTwo(two.pad),
    frames: two.frames,
    paddedLength: two.paddedLength,
  };

  it.each(two.cases)('$network, padding in the auxiliary mean: $auxiliaryPads', async (expected) => {
    const auxiliary = { ...config.auxiliary, pads: expected.auxiliaryPads! };
    await compare({ ...given, config: { ...config, auxiliary } }, expected);
  });

  it('and outside of training one convolution does what its layers do, by running statistics', async () => {
    await compare(given, two.cases[0]!, async (state, forward) => {
      expectClose(state.values['s.mean']!, two.mean, 'running mean');
      expectClose(state.values['s.variance']!, two.variance, 'running variance');
      const generator = await createGenerator(forward.weights(), compute);
      for (const [b, rows] of two.segments.entries()) {
        const { logProbs } = await generator.emit(Float32Array.from(rows.flat()), rows.length);
        expectClose(logProbs, two.logProbs[b]!.flat(), `log probabilities of utterance ${b}`);
      }
      await generator.dispose();
    });
  });
});
