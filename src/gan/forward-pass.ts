// The generator's forward pass over a batch, which JOIN needs before a step; and the same network folded into one
// convolution, which is what it is outside of training: norm, residual layer and convolution are all linear then.
import type { Compute } from '../core/stage.js';
import { compile, SessionCache, type Compiled, type State } from '../engine/index.js';
import { bucketRows, type Batch } from './batches.js';
import { generatorPadding, type GanConfig } from './config.js';
import { tapsOf, type GeneratorWeights } from './generator.js';
import { hiddenLayers, isPlain, layerInputs, tapProducts, type GeneratorShape } from './generator-network.js';
import { projectedSize, Projector } from './projector.js';

const momentum = 0.1; // of the running statistics, PyTorch's

type Values = Readonly<Record<string, Float32Array>>;
type Graph = Compiled<string, 'taps' | 'mean' | 'variance'>;

export class ForwardPass {
  readonly projector: Projector;
  readonly #graphs: SessionCache<number, Graph>;
  #taps = new Float32Array(0);

  constructor(
    private readonly state: State<string>,
    private readonly config: GanConfig,
    private readonly shape: GeneratorShape,
    compute: Compute,
  ) {
    const width = config.generator.kernel * shape.classes;
    this.projector = new Projector(shape.columns, width, compute);
    this.#graphs = new SessionCache(2, (rows) => {
      const weights = Object.fromEntries(
        Object.entries(state.slots)
          .filter(([name]) => name.startsWith('g.'))
          .map(([name, slot]) => [name, { shape: slot.shape }]),
      );
      return compile<string, 'taps' | 'mean' | 'variance'>(
        (inputs) => {
          const { z, mean, variance } = hiddenLayers(inputs, inputs, config);
          const taps = tapProducts(z, inputs['g.w']!, config, shape);
          return { taps, ...(mean && variance ? { mean, variance } : {}) } as Record<
            'taps' | 'mean' | 'variance',
            typeof taps
          >;
        },
        { ...layerInputs(config, shape.columns, rows), ...weights },
        { name: 'generator-forward', ...compute },
      );
    });
  }

  /**
   * What each row adds to the outputs that it is a tap of, by the batch's own statistics and dropout.
   * Moves the running statistics.
   * @returns [at least batch.rows, kernel * classes]; the next call overwrites it
   */
  async taps(batch: Batch): Promise<Float32Array> {
    const { columns, classes } = this.shape;
    const { kernel } = this.config.generator;
    if (isPlain(this.config)) {
      const size = projectedSize(batch.rows, kernel * classes);
      if (this.#taps.length < size) this.#taps = new Float32Array(size);
      const taps = tapsOf(this.state.values['g.w']!, kernel, columns, classes);
      return this.projector.project(batch.x, batch.rows, taps, this.#taps);
    }
    const rows = bucketRows(batch.rows);
    const graph = await this.#graphs.get(rows);
    if (this.#taps.length !== rows * kernel * classes) this.#taps = new Float32Array(rows * kernel * classes);
    const feeds = {
      ...layerFeeds(batch, this.config, columns),
      ...Object.fromEntries(
        Object.keys(graph.inputs)
          .filter((name) => name.startsWith('g.'))
          .map((name) => [name, this.state.values[name]!]),
      ),
    };
    const { mean, variance } = await graph.run(feeds, { taps: this.#taps });
    if (this.config.generator.batchNorm > 0) {
      const moved = (name: string, now: Float32Array): Float32Array =>
        this.state.values[name]!.map((old, i) => old + momentum * (now[i]! - old));
      this.state.set({ 's.mean': moved('s.mean', mean), 's.variance': moved('s.variance', variance) });
    }
    return this.#taps;
  }

  /** The generator outside of training. */
  weights(): GeneratorWeights {
    return foldGenerator(this.state.values, this.config, this.shape);
  }

  async dispose(): Promise<void> {
    await this.projector.dispose();
    await this.#graphs.clear();
  }
}

/** The inputs that `layerInputs` names, of one batch. */
export function layerFeeds(batch: Batch, config: GanConfig, columns: number): Record<string, Float32Array> {
  const rows = bucketRows(batch.rows);
  const x = batch.x.subarray(0, rows * columns);
  if (isPlain(config)) return { x };
  const real = new Float32Array(rows);
  batch.firsts.forEach((first, b) =>
    real.fill(
      1,
      first + generatorPadding(config.generator),
      first + generatorPadding(config.generator) + batch.segments[b]!,
    ),
  );
  const masks = batch.masks!;
  return {
    x,
    real,
    ...(config.generator.residual ? { dropInner: masks.inner.subarray(0, rows * columns) } : {}),
    dropOuter: masks.outer.subarray(0, rows * columns),
  };
}

/** Norm by the running statistics, residual layer and convolution as one convolution with a bias where segments are. */
export function foldGenerator(
  values: Values,
  config: GanConfig,
  { columns, classes }: GeneratorShape,
): GeneratorWeights {
  const { kernel, stride, batchNorm, residual } = config.generator;
  const w = values['g.w']!;
  const form = { kernel, pad: generatorPadding(config.generator), columns, classes, stride };
  if (isPlain(config)) return { ...form, w };
  const scale = Float64Array.from({ length: columns }, (_, c) =>
    batchNorm > 0 ? values['g.norm.gamma']![c]! / Math.sqrt(values['s.variance']![c]! + 1e-5) : 1,
  );
  const shift = Float64Array.from({ length: columns }, (_, c) =>
    batchNorm > 0 ? values['g.norm.beta']![c]! - values['s.mean']![c]! * scale[c]! : 0,
  );
  const folded = new Float32Array(w.length);
  const bias = new Float32Array(kernel * classes);
  for (let j = 0; j < kernel; j++) {
    const tap = (d: number, v: number): number => w[(j * columns + d) * classes + v]!;
    // Rows of (1 + residual) times the tap; the residual layer's own bias is one more row.
    const through = (row: (d: number) => number, v: number): number => {
      let sum = 0;
      for (let d = 0; d < columns; d++) sum += row(d) * tap(d, v);
      return sum;
    };
    for (let v = 0; v < classes; v++) {
      let offset = residual ? through((d) => values['g.residual.b']![d]!, v) : 0;
      for (let c = 0; c < columns; c++) {
        const value = tap(c, v) + (residual ? through((d) => values['g.residual.w']![c * columns + d]!, v) : 0);
        folded[(j * columns + c) * classes + v] = scale[c]! * value;
        offset += shift[c]! * value;
      }
      bias[j * classes + v] = offset;
    }
  }
  return { ...form, w: folded, bias };
}
