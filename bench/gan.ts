// The pair of training steps against PyTorch at three sizes, in turn within one run. Prints a line a size:
// milliseconds of a discriminator step plus a generator step, the peer's, their ratio, and GFLOP/s of ours.
import { resolveConfig, type ConfigTree } from '../src/core/config.js';
import { Rng } from '../src/core/rng.js';
import type { Compute } from '../src/core/stage.js';
import { compile, tf } from '../src/engine/index.js';
import { bucketRows, type Batch } from '../src/gan/batches.js';
import { ganConfig, generatorPadding, type GanConfig } from '../src/gan/config.js';
import { batchLogits, discriminatorFeeds, generatorFeeds, type Joined, type StepMaterial } from '../src/gan/feeds.js';
import { ForwardPass } from '../src/gan/forward-pass.js';
import type { GanShape } from '../src/gan/step-inputs.js';
import {
  compileDiscriminatorStep,
  compileGeneratorStep,
  createGanState,
  type DiscriminatorStep,
} from '../src/gan/step.js';
import { Opponent } from './peer.js';
import { alternate, rounded, timed, type Duel, type Taken } from './timing.js';

export interface GanSize {
  readonly size: string;
  readonly batch: number;
  readonly length: number;
  readonly dim: number;
  readonly rounds: number;
}
export const ganSizes: readonly GanSize[] = [
  { size: 'small', batch: 32, length: 64, dim: 128, rounds: 25 },
  { size: 'middle', batch: 64, length: 100, dim: 256, rounds: 9 },
  { size: 'paper', batch: 160, length: 100, dim: 384, rounds: 5 },
];
const classes = 44;
const columns = 512;
const generatorKernel = 4;
const discriminatorKernel = 6;

/** Utterances that JOIN leaves as they are, and lines of the same length. */
export function fullBatch(size: GanSize, config: GanConfig): { batch: Batch; joined: Joined } {
  const rng = Rng.fromSeed('bench');
  const pad = generatorPadding(config.generator);
  const rows = size.length + 2 * pad;
  const x = new Float32Array(bucketRows(size.batch * rows) * columns);
  const each = Array.from({ length: size.batch }, (_, b) => b);
  for (const b of each)
    for (let i = pad * columns; i < (pad + size.length) * columns; i++) x[b * rows * columns + i] = rng.normal();
  return {
    batch: {
      x,
      rows: size.batch * rows,
      firsts: each.map((b) => b * rows),
      segments: each.map(() => size.length),
      lines: each.map(() => Int32Array.from({ length: size.length }, () => rng.integer(classes))),
    },
    joined: {
      labels: each.map(() => new Int32Array(size.length)),
      frames: each.map(() => Int32Array.from({ length: size.length }, (_, t) => t)),
      paddedLength: size.length,
    },
  };
}

export interface OurSteps {
  /** GFLOP of matrix products in the pair of steps. */
  readonly gflop: number;
  discriminator(): Promise<Taken>;
  /** A discriminator step without the gradient penalty. */
  between(): Promise<Taken>;
  generator(): Promise<Taken>;
  dispose(): Promise<void>;
}

/**
 * Both steps, ready to be timed; the time includes the generator's forward pass and
 * making the feeds from segment vectors.
 */
export async function ourSteps(
  size: GanSize,
  compute: Compute,
  joint: boolean,
  layer: ConfigTree = {},
): Promise<OurSteps> {
  const config = resolveConfig(
    ganConfig,
    [
      {
        clipScope: joint ? 'joint' : 'active',
        discriminator: { dim: size.dim, kernel: discriminatorKernel },
        generator: { kernel: generatorKernel },
      },
      layer,
    ],
    'bench',
  );
  const shape: GanShape = { batch: size.batch, columns, classes };
  const state = createGanState(shape, config, Rng.fromSeed('bench'));
  const { batch, joined } = fullBatch(size, config);
  const stepSize = { length: size.length, rows: bucketRows(batch.rows) };
  const d = await compileDiscriminatorStep(state, shape, config, stepSize, compute);
  const g = await compileGeneratorStep(state, shape, config, stepSize, compute);
  let unpenalised: DiscriminatorStep | undefined;
  const forward = new ForwardPass(state, config, shape, compute);
  const logits = () => batchLogits(batch, config, classes, forward);
  const projection = 2 * batch.rows * columns * generatorKernel * classes;
  const rng = Rng.fromSeed('mix');
  let step = 0;
  const material = async (adamStep: number): Promise<StepMaterial> => {
    const pace = { adamStep, lrShare: 1 };
    return { batch, logits: await logits(), joined, shape, config, size: stepSize, pace, vocabularySize: classes };
  };
  const discriminate = (by: DiscriminatorStep): Promise<Taken> =>
    timed(async () => by.step(discriminatorFeeds(await material(++step), rng.fork(step))));
  return {
    gflop: (d.matrixFlop + g.matrixFlop + 2 * projection) / 1e9,
    discriminator: () => discriminate(d),
    between: async () =>
      discriminate(
        (unpenalised ??= await compileDiscriminatorStep(
          state,
          shape,
          config,
          { ...stepSize, unpenalised: true },
          compute,
        )),
      ),
    generator: () => timed(async () => g.step(generatorFeeds(await material(++step)))),
    dispose: async () => {
      await d.dispose();
      await unpenalised?.dispose();
      await g.dispose();
      await forward.dispose();
    },
  };
}

/** GFLOP/s of one large matrix product: what this machine can do. */
export async function matrixPeak(compute: Compute): Promise<number> {
  const n = 1536;
  const product = await compile(
    ({ a, b }) => ({ c: tf.matMul(a, b) }),
    { a: { shape: [n, n] }, b: { shape: [n, n] } },
    { name: 'peak', ...compute },
  );
  const a = new Float32Array(n * n).fill(0.5);
  const into = { c: new Float32Array(n * n) };
  const times: number[] = [];
  for (let i = 0; i < 12; i++) times.push((await timed(() => product.run({ a, b: a }, into))).ms);
  await product.dispose();
  return (2 * n ** 3) / Math.min(...times) / 1e6;
}

export interface GanLine {
  readonly size: string;
  readonly ms: number;
  readonly peerMs: number | null;
  readonly ratio: number | null;
  readonly gflops: number;
  readonly [more: string]: number | string | null | boolean;
}

export interface GanBenchOptions {
  readonly compute: Compute;
  /** Both networks' gradients under one norm, as the reference; else the other network is frozen. */
  readonly joint: boolean;
  /** The same for the peer. */
  readonly peerJoint: boolean;
  readonly sizes: readonly GanSize[];
  readonly peer: boolean;
  /** The peer's networks through torch.compile. */
  readonly compiled?: boolean;
  /** Measurements of each step; by default as many as the size has. */
  readonly rounds?: number;
}

export async function* benchGan({
  compute,
  joint,
  peerJoint,
  sizes,
  peer: wanted,
  compiled = false,
  rounds,
}: GanBenchOptions): AsyncGenerator<GanLine> {
  const peak = await matrixPeak(compute);
  for (const size of sizes) {
    const ours = await ourSteps(size, compute, joint);
    const { batch, length, dim } = size;
    const peer = wanted
      ? new Opponent('gan_step.py', {
          batch,
          length,
          dim,
          classes,
          columns,
          kernel: discriminatorKernel,
          generatorKernel,
          threads: compute.threads,
          joint: peerJoint,
          compiled,
        })
      : undefined;
    const time = (what: 'discriminator' | 'generator'): Promise<Duel> =>
      alternate(() => ours[what](), peer && (() => peer.time({ do: `${what}_step` })), rounds ?? size.rounds);
    const d = await time('discriminator');
    const g = await time('generator');
    peer?.close();
    await ours.dispose();
    const sum = (key: keyof Taken, side: 'ours' | 'peer'): number | null =>
      d[side] && g[side] ? d[side][key] + g[side][key] : null;
    const ms = d.ours.ms + g.ours.ms;
    const cpuMs = d.ours.cpuMs + g.ours.cpuMs;
    const [peerMs, peerCpuMs] = [sum('ms', 'peer'), sum('cpuMs', 'peer')];
    const gflops = ours.gflop / (ms / 1000);
    const short = (x: number | null | undefined): number | null => (x == null ? null : rounded(x));
    yield {
      size: size.size,
      ms: rounded(ms),
      peerMs: short(peerMs),
      ratio: short(peerMs && peerMs / ms),
      gflops: rounded(gflops),
      cpuMs: rounded(cpuMs),
      peerCpuMs: short(peerCpuMs),
      cpuRatio: short(peerCpuMs && peerCpuMs / cpuMs),
      gflop: rounded(ours.gflop),
      peakGflops: rounded(peak),
      shareOfPeak: rounded(gflops / peak),
      threads: compute.threads,
      engine: compute.engine,
      joint,
      peerJoint,
      discriminatorMs: rounded(d.ours.ms),
      generatorMs: rounded(g.ours.ms),
      peerDiscriminatorMs: short(d.peer?.ms),
      peerGeneratorMs: short(g.peer?.ms),
      discriminatorCpuMs: rounded(d.ours.cpuMs),
      generatorCpuMs: rounded(g.ours.cpuMs),
      peerDiscriminatorCpuMs: short(d.peer?.cpuMs),
      peerGeneratorCpuMs: short(g.peer?.cpuMs),
      peer: d.peer ? (g.who ?? null) : (d.who ?? null),
      generatorPeer: g.who ?? null,
    };
  }
}
