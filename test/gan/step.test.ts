// Both compiled steps against the plain float64 implementation: every part of the losses, every gradient of the
// active network, the joint norm, and the weights after one Adam update.
import { describe, expect, it } from 'vitest';
import { resolveConfig, type ConfigTree } from '../../src/core/config.js';
import { Rng } from '../../src/core/rng.js';
import { bucketRows, type Batch } from '../../src/gan/batches.js';
import { ganConfig, generatorPadding, type GanConfig } from '../../src/gan/config.js';
import { batchLogits, discriminatorFeeds, generatorFeeds, type Joined } from '../../src/gan/feeds.js';
import { ForwardPass } from '../../src/gan/forward-pass.js';
import type { GanShape } from '../../src/gan/step-inputs.js';
import {
  compileDiscriminatorStep,
  compileGeneratorStep,
  createGanState,
  isWeight,
  type GanState,
} from '../../src/gan/step.js';
import {
  discriminate,
  discriminatorLoss,
  generatorLoss,
  gradients,
  type Example,
  type Parts,
  type Setup,
  type Weights,
} from './reference.js';

const compute = { engine: 'cpu', threads: 1 } as const;
const vocabularySize = 5;
const columns = 3;
const auxiliaryClasses = 4;
// Large steps, so that what a step changed is not lost in the rounding of the weight it changed.
const configOf = (layer: ConfigTree): GanConfig =>
  resolveConfig(
    ganConfig,
    [
      {
        generator: { lr: 0.05 },
        discriminator: { dim: 4, kernel: 3, lr: 0.05 },
        auxiliary: { classes: auxiliaryClasses },
      },
      layer,
    ],
    'test',
  );

/**
 * Three utterances of different length, joined to fewer frames than they have, and three lines of text; drop factors
 * and labels for layers before the convolution.
 */
function example(config: GanConfig): { example: Example; batch: Batch; joined: Joined; shape: GanShape } {
  const rng = Rng.fromSeed('example');
  const pad = generatorPadding(config.generator);
  const lengths = [5, 8, 3];
  const segments = lengths.map((n) =>
    Array.from({ length: n }, () => Array.from({ length: columns }, () => Math.fround(2 * rng.normal()))),
  );
  const { stride } = config.generator;
  const frames = stride === 1 ? [[0, 2, 3, 4], [1, 2, 3, 5, 6, 7], [2]] : [[0, 2], [0, 1, 3], [1]];
  const outputs = lengths.map((n) => Math.floor((n + 2 * pad - config.generator.kernel) / stride) + 1);
  const isMean = config.joinFrame === 'mean';
  // Runs fill an utterance where they are averaged.
  if (isMean)
    frames.forEach((list) => {
      list[0] = 0;
    });
  const runs = frames.map((list, b) => list.map((frame, n) => (list[n + 1] ?? outputs[b]!) - frame));
  const lines = [
    [0, 3, 4],
    [2, 2, 1, 0, 4, 3, 1, 4, 0],
    [1, 4, 4, 2],
  ];
  const drop = (): number[][][] =>
    segments.map((rows) => rows.map((row) => row.map(() => (rng.uniform() < 0.2 ? 0 : 1.25))));
  const [dropInner, dropOuter] = [drop(), drop()];
  const labels = lengths.map((n) => Array.from({ length: n }, () => rng.integer(auxiliaryClasses + 1) - 1));
  const anchors = lengths.map((n) => Array.from({ length: n }, (_, i) => ((i * 7 + n) % (vocabularySize + 1)) - 1));
  const classes = vocabularySize + config.specials;
  const shares = Array.from({ length: classes }, () => Array.from({ length: classes }, () => rng.uniform()));
  const total = shares.flat().reduce((sum, share) => sum + share, 0);
  const otherLogits = outputs.map((n) =>
    Array.from({ length: n }, () => Array.from({ length: classes }, () => Math.fround(rng.normal()))),
  );
  const padding = (filler: number): number[] => new Array<number>(pad * columns).fill(filler);
  const firsts = lengths.map((_, b) => lengths.slice(0, b).reduce((sum, n) => sum + n + 2 * pad, 0));
  const rows = lengths.reduce((sum, n) => sum + n + 2 * pad, 0);
  // Beyond its rows a buffer holds what an earlier batch left.
  const padded = (values: number[][][], filler: number): Float32Array => {
    const flat = values.flatMap((own) => [...padding(filler), ...own.flat(), ...padding(filler)]);
    return Float32Array.from({ length: bucketRows(rows) * columns }, (_, i) => flat[i] ?? 99);
  };
  const padLabels = new Array<number>(pad).fill(-1);
  const flatLabels = labels.flatMap((own) => [...padLabels, ...own, ...padLabels]);
  const batch: Batch = {
    x: padded(segments, 0),
    rows,
    firsts,
    segments: lengths,
    lines: lines.map((line) => Int32Array.from(line)),
    masks: { inner: padded(dropInner, 1.25), outer: padded(dropOuter, 1.25) },
    labels: Int32Array.from({ length: bucketRows(rows) }, (_, i) => flatLabels[i] ?? -1),
    longestLabels: Math.max(...lengths),
    anchors: anchors.map((own) => Int32Array.from(own)),
  };
  const paddedLength = stride === 1 ? 7 : 4;
  const joined: Joined = {
    labels: outputs.map((n) => new Int32Array(n)),
    frames: frames.map((list) => Int32Array.from(list)),
    paddedLength,
  };
  const draws = Rng.fromSeed('mix');
  const isPlain = config.generator.batchNorm === 0 && !config.generator.residual;
  return {
    example: {
      segments,
      frames,
      paddedLength,
      lines,
      mix: lengths.map(() => draws.uniform()),
      labels,
      anchors,
      pairShares: shares.map((row) => row.map((share) => Math.fround(share / total))),
      otherLogits,
      ...(isMean ? { runs } : {}),
      ...(isPlain ? {} : { dropInner, dropOuter }),
    },
    batch,
    joined,
    shape: { batch: 3, columns, classes },
  };
}

function setupOf(config: GanConfig, classes: number, unpenalised = false): Setup {
  return {
    kernel: config.generator.kernel,
    pad: generatorPadding(config.generator),
    stride: config.generator.stride,
    columns,
    classes,
    batchNorm: config.generator.batchNorm > 0,
    residual: config.generator.residual,
    auxiliaryWeight: config.auxiliary.weight,
    auxiliaryPads: config.auxiliary.pads,
    dim: config.discriminator.dim,
    depth: config.discriminator.depth,
    discriminatorKernel: config.discriminator.kernel,
    gradientPenalty: config.gradientPenalty * config.gradientPenaltyEvery,
    norm: config.gradientPenaltyNorm,
    temperature: config.generator.temperature * config.course.temperature,
    loss: config.loss as Setup['loss'],
    spectralNorm: config.discriminator.spectralNorm,
    pairWeight: config.pairs.weight,
    consistency: config.consistency,
    penalised: unpenalised ? 0 : Math.round(3 * config.gradientPenaltyShare),
    codePenalty: config.codePenalty * config.course.codePenalty,
    codePenaltyPads: config.codePenaltyPads,
    smoothness: config.smoothness * config.course.smoothness,
    smoothnessPads: config.smoothnessPads,
    anchorWeight: config.anchor.weight,
    padClass: config.specials > 0 ? vocabularySize : -1,
  };
}

const weightsOf = (state: GanState): Weights =>
  Object.fromEntries(
    Object.keys(state.values)
      .filter(isWeight)
      .map((name) => [name, Float64Array.from(state.values[name]!)]),
  );
const l2 = (weights: Weights): number =>
  Math.sqrt(Object.values(weights).reduce((sum, values) => sum + values.reduce((s, x) => s + x * x, 0), 0));

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  const scale = Math.max(...Array.from(expected, Math.abs), 1e-3);
  const worst = Math.max(...Array.from(expected, (x, i) => Math.abs(x - found[i]!))) / scale;
  expect(worst, what).toBeLessThan(1e-4);
}

/** Weights larger than the usual start, so that no term is lost in rounding. */
function start(shape: GanShape, config: GanConfig): GanState {
  const state = createGanState(shape, config, Rng.fromSeed('weights'));
  for (const name of Object.keys(state.values).filter(isWeight))
    state.set({ [name]: state.values[name]!.map((x) => 2 * x) });
  return state;
}

async function compare(network: 'generator' | 'discriminator', layer: ConfigTree, unpenalised = false): Promise<void> {
  const config = configOf(layer);
  const { example: given, batch, joined, shape } = example(config);
  const state = start(shape, config);
  const before = weightsOf(state);
  const setup = setupOf(config, shape.classes, unpenalised);
  const adamStep = 3;
  const size = { length: 16, rows: bucketRows(batch.rows), unpenalised };
  if (config.generator.straightThrough) setup.hardAt = before;
  const loss = (p: Weights): Parts => (network === 'generator' ? generatorLoss : discriminatorLoss)(given, p, setup);
  const compiled =
    network === 'generator'
      ? await compileGeneratorStep(state, shape, config, size, compute)
      : await compileDiscriminatorStep(state, shape, config, size, compute);
  const forward = new ForwardPass(state, config, shape, compute);
  const logits = await batchLogits(batch, config, shape.classes, forward);
  const material = {
    batch,
    logits,
    joined,
    shape,
    config,
    size,
    vocabularySize,
    pairShares: Float32Array.from(given.pairShares.flat()),
    otherLogits: given.otherLogits.map((rows) => Float32Array.from(rows.flat())),
    pace: {
      adamStep,
      lrShare: 1,
      anchorWeight: config.anchor.weight,
      pairWeight: config.pairs.weight,
      course: config.course,
    },
  };
  const outputs: Record<string, Float32Array> = await compiled.step(
    (network === 'generator' ? generatorFeeds(material) : discriminatorFeeds(material, Rng.fromSeed('mix'))) as never,
  );
  await compiled.dispose();
  await forward.dispose();

  for (const [name, value] of Object.entries(loss(before)))
    if (name !== 'loss') expectClose(outputs[name]!, [value], name);
  const all = gradients((p) => loss(p).loss, before);
  const prefix = network === 'generator' ? 'g.' : 'd.';
  const active = Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith(prefix)));
  const norm = l2(config.clipScope === 'joint' ? all : active);
  expectClose(outputs['gradientNorm']!, [norm], 'gradientNorm');
  const factor = Math.min(1, config.clipNorm / (norm + 1e-6));
  const { lr, weightDecay } = config[network];
  const [beta1, beta2] = config.adam.betas;
  for (const [name, old] of Object.entries(before)) {
    const gradient = active[name];
    if (!gradient) {
      expect(Array.from(state.values[name]!), `${name} must not move`).toEqual(Array.from(old));
      continue;
    }
    const clipped = gradient.map((g) => factor * g);
    expectClose(
      state.values[`m:${name}`]!.map((m) => m / (1 - beta1)),
      clipped,
      `gradient of ${name}`,
    );
    const moved = old.map((w, i) => {
      const m = ((1 - beta1) * clipped[i]!) / (1 - beta1 ** adamStep);
      const v = ((1 - beta2) * clipped[i]! ** 2) / (1 - beta2 ** adamStep);
      return w * (1 - lr * weightDecay) - (lr * m) / (Math.sqrt(v) + config.adam.eps);
    });
    // A gradient of next to nothing has a sign of its own in float32, and Adam makes a whole step of it.
    const steady = Array.from(clipped.keys()).filter((i) => Math.abs(clipped[i]!) > 1e-4);
    expectClose(
      steady.map((i) => (state.values[name]![i]! - old[i]!) / lr),
      steady.map((i) => (moved[i]! - old[i]!) / lr),
      `step of ${name}`,
    );
  }
}

/** Batch norm, residual layer, stride and auxiliary labels. */
const two: ConfigTree = {
  generator: { kernel: 5, stride: 2, batchNorm: 3, residual: true },
  auxiliary: { weight: 0.5 },
};

describe('discriminator step equals the plain implementation', () => {
  it.each<[string, ConfigTree]>([
    ['as in the reference', {}],
    ['full norm', { gradientPenaltyNorm: 'full' }],
    ['sharp outputs', { generator: { temperature: 0.3 } }],
    ['a padding class', { specials: 2 }],
    ['tight clip', { clipNorm: 0.1 }],
    ['no clip in effect', { clipNorm: 1e6 }],
    ['own norm only', { clipScope: 'active', clipNorm: 0.1 }],
    ['depth 1', { discriminator: { depth: 1 } }],
    ['depth 3', { discriminator: { depth: 3, kernel: 2 } }],
    ['kernel 1', { discriminator: { kernel: 1 } }],
    ['a kernel longer than most lines', { discriminator: { kernel: 10 } }],
    ['no penalty, strong decay', { gradientPenalty: 0, discriminator: { weightDecay: 0.5 } }],
    ['odd generator kernel', { generator: { kernel: 3 } }],
    ['runs of equal predictions averaged', { joinFrame: 'mean' }],
    ['penalty on a part of the batch', { gradientPenaltyShare: 0.7 }],
    ['penalty in every third step', { gradientPenaltyEvery: 3 }],
    ['wav2vec-U 2.0', two],
    ['batch norm alone', { generator: { kernel: 5, batchNorm: 2 } }],
    ['stride alone', { generator: { kernel: 5, stride: 2 } }],
    ['relativistic', { loss: 'relativistic' }],
    ['relativistic, penalty on a part', { loss: 'relativistic', gradientPenalty: 90, gradientPenaltyShare: 0.7 }],
    ['spectral normalisation', { loss: 'spectral', discriminator: { spectralNorm: 3 } }],
    ['straight through', { generator: { straightThrough: true, temperature: 0.5 } }],
    ['a temperature that falls', { course: { temperature: 3 }, clipScope: 'active' }],
  ])('%s', async (_, layer) => {
    await compare('discriminator', layer);
  });

  it('between two that have the penalty', async () => {
    await compare('discriminator', { gradientPenaltyEvery: 3 }, true);
  });
});

describe('generator step equals the plain implementation', () => {
  it.each<[string, ConfigTree]>([
    ['as in the reference', {}],
    ['sharp outputs', { generator: { temperature: 0.3 } }],
    ['without padding in the penalties', { codePenaltyPads: false, smoothnessPads: false }],
    ['a padding class', { specials: 2 }],
    ['tight clip', { clipNorm: 0.1 }],
    ['own norm only', { clipScope: 'active', clipNorm: 0.1 }],
    ['heavy penalties and decay', { codePenalty: 40, smoothness: 10, generator: { weightDecay: 0.5 } }],
    ['an anchor', { anchor: { weight: 2 } }],
    ['an anchor, odd kernel, padding class', { anchor: { weight: 0.5 }, specials: 1, generator: { kernel: 3 } }],
    ['depth 1', { discriminator: { depth: 1 } }],
    ['depth 3', { discriminator: { depth: 3, kernel: 2 } }],
    ['runs of equal predictions averaged', { joinFrame: 'mean' }],
    ['runs averaged, odd kernel', { joinFrame: 'mean', generator: { kernel: 3 } }],
    ['wav2vec-U 2.0', two],
    ['wav2vec-U 2.0, the mean over labelled frames', { ...two, auxiliary: { weight: 0.5, pads: false } }],
    ['wav2vec-U 2.0, own norm only', { ...two, clipScope: 'active', clipNorm: 0.1 }],
    ['batch norm alone', { generator: { kernel: 5, batchNorm: 2 } }],
    [
      'residual layer and auxiliary labels alone',
      { generator: { kernel: 5, residual: true }, auxiliary: { weight: 0.7 } },
    ],
    ['stride alone', { generator: { kernel: 5, stride: 2 } }],
    ['relativistic', { loss: 'relativistic' }],
    ['relativistic, own norm, padding class', { loss: 'relativistic', clipScope: 'active', specials: 1 }],
    ['spectral normalisation', { loss: 'spectral', discriminator: { spectralNorm: 3 } }],
    ['straight through', { generator: { straightThrough: true, temperature: 0.5 } }],
    ['settings on their way', { course: { temperature: 3, codePenalty: 0.2, smoothness: 4 } }],
    ['pairs of phones', { pairs: { weight: 3 } }],
    ['pairs of phones straight through', { pairs: { weight: 3 }, generator: { straightThrough: true } }],
    ['two views', { consistency: 2 }],
  ])('%s', async (_, layer) => {
    await compare('generator', layer);
  });
});

describe('the plain implementation', () => {
  it('has the input gradient that differences give', () => {
    const config = configOf({ discriminator: { depth: 3 } });
    const { shape } = example(config);
    const p = weightsOf(start(shape, config));
    const setup = setupOf(config, shape.classes);
    const rng = Rng.fromSeed('input');
    const x = Array.from({ length: 6 }, () => Array.from({ length: shape.classes }, () => rng.normal()));
    const weights = x.map(() => rng.uniform());
    const value = (input: number[][]): number =>
      discriminate(input, p, setup).scores.reduce((sum, score, t) => sum + score * weights[t]!, 0);
    const { gradient } = discriminate(x, p, setup, weights);
    const numeric = x.map((row, t) =>
      row.map((_, v) => {
        const at = (h: number): number => value(x.map((other, u) => (u === t ? other.with(v, other[v]! + h) : other)));
        return (at(1e-5) - at(-1e-5)) / 2e-5;
      }),
    );
    expectClose(gradient.flat(), numeric.flat(), 'input gradient');
  });
});
