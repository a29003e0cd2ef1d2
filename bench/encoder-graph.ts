// Encoders with the true architecture of each published family, written node by node with the names that exporters
// give: group or layer norm in the stem, positional convolution with weight norm, post- or pre-norm blocks, WavLM's
// gated relative positions. For benchmarks and tests.
import { OnnxBuilder, type Wire } from '../src/engine/index.js';
import {
  kernels,
  small,
  strides,
  weights,
  type Architecture,
  type GraphOptions,
  type Precision,
  type Sizes,
} from './encoder-families.js';

/** WavLM's buckets of distances, and the distance from which all are alike; a tenth of the published ones. */
const buckets = 32;
const farthest = 80;

class Encoder {
  readonly #g: OnnxBuilder;
  readonly #type: 'float32' | 'float16';
  readonly #int8: boolean;

  constructor(
    g: OnnxBuilder,
    private readonly arch: Architecture,
    private readonly s: Sizes,
    precision: Precision,
    private readonly nameless: boolean,
  ) {
    this.#g = g;
    this.#type = precision === 'float16' ? 'float16' : 'float32';
    this.#int8 = precision === 'int8';
  }

  #in<T>(scope: string, build: () => T): T {
    return this.nameless || scope === '' ? build() : this.#g.within(scope, build);
  }

  #const(shape: readonly number[], values: ArrayLike<number>): Wire {
    return this.#g.constant(this.#type, shape, values);
  }

  #number(value: number): Wire {
    return this.#const([], [value]);
  }

  #norm(x: Wire, name: string, size: number): Wire {
    return this.#g.node(
      'LayerNormalization',
      [
        x,
        this.#const([size], weights(`${name}.weight`, size, 0.2, 1)),
        this.#const([size], weights(`${name}.bias`, size, 0.1)),
      ],
      { axis: -1, epsilon: { float: 1e-5 } },
    );
  }

  /** x [..., from] -> [..., to] */
  #linear(x: Wire, name: string, from: number, to: number): Wire {
    const g = this.#g;
    const matrix = weights(`${name}.weight`, from * to, 1 / Math.sqrt(from)); // [from, to]
    const bias = this.#const([to], weights(`${name}.bias`, to, 0.1));
    if (!this.#int8) return g.node('Add', [g.node('MatMul', [x, this.#const([from, to], matrix)]), bias]);
    const scale = matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
    const [values, step, zero] = g.nodes('DynamicQuantizeLinear', [x], 3) as [Wire, Wire, Wire];
    const product = g.node('MatMulInteger', [
      values,
      g.constant(
        'int8',
        [from, to],
        matrix.map((value) => Math.round(value / scale)),
      ),
      zero,
      g.constant('int8', [], [0]),
    ]);
    return g.node('Add', [
      g.node('Mul', [g.node('Cast', [product], { to: 1 }), g.node('Mul', [step, this.#number(scale)])]),
      bias,
    ]);
  }

  #gelu(x: Wire): Wire {
    const g = this.#g;
    const inner = g.node('Add', [g.node('Erf', [g.node('Div', [x, this.#number(Math.SQRT2)])]), this.#number(1)]);
    return g.node('Mul', [g.node('Mul', [x, inner]), this.#number(0.5)]);
  }

  #transpose(x: Wire, perm: readonly number[]): Wire {
    return this.#g.node('Transpose', [x], { perm });
  }

  /** [B, N] -> [B, C, T] */
  #stem(input: Wire): Wire {
    const { channels } = this.s;
    const g = this.#g;
    let x = g.node('Unsqueeze', [input, g.ints(1)]);
    kernels.forEach((kernel, i) => {
      const name = `conv.${i}`;
      const from = i === 0 ? 1 : channels;
      const bias = this.arch.stem === 'layer' && !this.arch.convStack;
      x = this.#in(`feature_extractor/conv_layers.${i}`, () => {
        const weight = this.#const(
          [channels, from, kernel],
          weights(`${name}.weight`, channels * from * kernel, 2 / Math.sqrt(from * kernel)),
        );
        let y = g.node(
          'Conv',
          [x, weight, ...(bias ? [this.#const([channels], weights(`${name}.bias`, channels, 0.1))] : [])],
          { strides: [strides[i] as number], kernel_shape: [kernel] },
        );
        if (this.arch.stem === 'layer')
          y = this.#transpose(this.#norm(this.#transpose(y, [0, 2, 1]), `${name}.norm`, channels), [0, 2, 1]);
        else if (i === 0)
          y = g.node(
            'InstanceNormalization',
            [
              y,
              this.#const([channels], weights(`${name}.norm.weight`, channels, 0.2, 1)),
              this.#const([channels], weights(`${name}.norm.bias`, channels, 0.1)),
            ],
            { epsilon: { float: 1e-5 } },
          );
        return this.#gelu(y);
      });
    });
    return x;
  }

  /** attention_mask [B, N] int64 -> [B, T] bool: frames that hold nothing but sound. */
  #frameMask(mask: Wire, states: Wire): Wire {
    const g = this.#g;
    let lengths = g.node('ReduceSum', [mask, g.ints(1)], { keepdims: 1 }); // [B, 1]
    kernels.forEach((kernel, i) => {
      lengths = g.node('Add', [
        g.node('Div', [g.node('Sub', [lengths, g.ints(kernel)]), g.ints(strides[i] as number)]),
        g.ints(1),
      ]);
    });
    return g.node('Less', [this.#positions(states), lengths]); // [T] < [B, 1]
  }

  /** [T] int64 of a [B, T, *] value. */
  #positions(states: Wire): Wire {
    const g = this.#g;
    const frames = g.node('Squeeze', [g.node('Slice', [g.node('Shape', [states]), g.ints(1), g.ints(2)]), g.ints(0)]);
    return g.node('Range', [g.constant('int64', [], [0]), frames, g.constant('int64', [], [1])]);
  }

  /** [B, T, H] -> the same, what the positional convolution adds. */
  #position(x: Wire): Wire {
    const { hidden, positionKernel, groups } = this.s;
    const g = this.#g;
    let y = this.#transpose(x, [0, 2, 1]);
    const per = hidden / groups;
    if (this.arch.convStack) {
      const one = g.constant(this.#type, [hidden], new Float32Array(hidden).fill(1));
      const zero = g.constant(this.#type, [hidden], new Float32Array(hidden));
      for (let i = 0; i < 5; i++) {
        const weight = this.#const(
          [hidden, per, 19],
          weights(`pos.${i}.weight`, hidden * per * 19, 1 / Math.sqrt(per * 19)),
        );
        y = g.node('Conv', [y, weight, this.#const([hidden], weights(`pos.${i}.bias`, hidden, 0.1))], {
          group: groups,
          pads: [9, 9],
          kernel_shape: [19],
        });
        y = this.#gelu(
          this.#transpose(
            g.node('LayerNormalization', [this.#transpose(y, [0, 2, 1]), one, zero], {
              axis: -1,
              epsilon: { float: 1e-5 },
            }),
            [0, 2, 1],
          ),
        );
      }
      return this.#transpose(y, [0, 2, 1]);
    }
    // Weight norm over all but the last axis, left in the graph as exporters do: g v / |v|.
    const v = this.#const([hidden, per, positionKernel], weights('pos.v', hidden * per * positionKernel, 1));
    const length = g.node('ReduceL2', [v], { axes: [0, 1], keepdims: 1 });
    const scale = this.#const([1, 1, positionKernel], weights('pos.g', positionKernel, 0.5, 1));
    const weight = g.node('Mul', [g.node('Div', [v, length]), scale]);
    y = g.node('Conv', [y, weight, this.#const([hidden], weights('pos.bias', hidden, 0.1))], {
      group: groups,
      pads: [positionKernel / 2, positionKernel / 2],
      kernel_shape: [positionKernel],
    });
    if (positionKernel % 2 === 0) y = g.node('Slice', [y, g.ints(0), g.ints(-1), g.ints(2)]);
    return this.#transpose(this.#gelu(y), [0, 2, 1]);
  }

  /** WavLM: [1, heads, T, T] from distances, made in the first block and passed on. */
  #relativeBias(x: Wire): Wire {
    const g = this.#g;
    const positions = this.#positions(x);
    const distance = g.node('Sub', [
      g.node('Unsqueeze', [positions, g.ints(0)]),
      g.node('Unsqueeze', [positions, g.ints(1)]),
    ]); // [T, T], key - query
    const half = buckets / 2;
    const exact = half / 2;
    const behind = g.node('Mul', [g.node('Cast', [g.node('Greater', [distance, g.ints(0)])], { to: 7 }), g.ints(half)]);
    const far = g.node('Abs', [distance]);
    const log = g.node('Log', [
      g.node('Div', [g.node('Cast', [g.node('Max', [far, g.ints(1)])], { to: 1 }), g.float(exact)]),
    ]);
    const large = g.node('Add', [
      g.ints(exact),
      g.node(
        'Cast',
        [g.node('Mul', [g.node('Div', [log, g.float(Math.log(farthest / exact))]), g.float(half - exact)])],
        { to: 7 },
      ),
    ]);
    const bucket = g.node('Add', [
      behind,
      g.node('Where', [g.node('Less', [far, g.ints(exact)]), far, g.node('Min', [large, g.ints(half - 1)])]),
    ]);
    const table = this.#const([buckets, this.s.heads], weights('rel', buckets * this.s.heads, 1));
    // [T, T, h] -> [1, h, T, T]
    return g.node('Unsqueeze', [this.#transpose(g.node('Gather', [table, bucket], { axis: 0 }), [2, 0, 1]), g.ints(0)]);
  }

  #heads(x: Wire): Wire {
    const { heads, hidden } = this.s;
    // [B, T, H] -> [B, h, T, d]
    return this.#transpose(this.#g.node('Reshape', [x, this.#g.ints(0, 0, heads, hidden / heads)]), [0, 2, 1, 3]);
  }

  #attention(x: Wire, name: string, bias: Wire | undefined, hidden: Wire | undefined): Wire {
    const { heads, hidden: size } = this.s;
    const g = this.#g;
    const [q, k, v] = ['q', 'k', 'v'].map((part) =>
      this.#in(`attention/${part}_proj`, () => this.#linear(x, `${name}.${part}`, size, size)),
    ) as [Wire, Wire, Wire];
    return this.#in('attention', () => {
      const scaled = g.node('Mul', [q, this.#number((size / heads) ** -0.5)]);
      let scores = g.node('MatMul', [this.#heads(scaled), this.#transpose(this.#heads(k), [0, 1, 3, 2])]);
      if (bias) scores = g.node('Add', [scores, g.node('Mul', [this.#gate(x, name), bias])]);
      if (hidden) scores = g.node('Add', [scores, hidden]);
      const mixed = g.node('MatMul', [g.node('Softmax', [scores], { axis: -1 }), this.#heads(v)]);
      const joined = g.node('Reshape', [this.#transpose(mixed, [0, 2, 1, 3]), g.ints(0, 0, size)]);
      return this.#in('out_proj', () => this.#linear(joined, `${name}.out`, size, size));
    });
  }

  /** WavLM's gate on the position bias: [B, h, T, 1]. */
  #gate(x: Wire, name: string): Wire {
    const { heads, hidden } = this.s;
    const g = this.#g;
    const projected = this.#linear(this.#heads(x), `${name}.gate`, hidden / heads, 8); // [B, h, T, 8]
    const sums = g.node('ReduceSum', [g.node('Reshape', [projected, g.ints(0, 0, -1, 2, 4)]), g.ints(4)], {
      keepdims: 0,
    });
    const [a, b] = g.nodes('Split', [g.node('Sigmoid', [sums])], 2, { axis: 3 }) as [Wire, Wire];
    const constant = this.#const([1, heads, 1, 1], weights(`${name}.gate.const`, heads, 0.3, 1));
    return g.node('Add', [
      g.node('Mul', [a, g.node('Sub', [g.node('Mul', [b, constant]), this.#number(1)])]),
      this.#number(2),
    ]);
  }

  #block(x: Wire, i: number, bias: Wire | undefined, hiddenKeys: Wire | undefined): Wire {
    const { hidden, inner } = this.s;
    const g = this.#g;
    const name = `layer.${i}`;
    const feed = (y: Wire): Wire =>
      this.#in('feed_forward', () =>
        this.#linear(this.#gelu(this.#linear(y, `${name}.in`, hidden, inner)), `${name}.outer`, inner, hidden),
      );
    const norm = (y: Wire, which: string): Wire => this.#in(which, () => this.#norm(y, `${name}.${which}`, hidden));
    if (this.arch.preNorm) {
      const attended = g.node('Add', [x, this.#attention(norm(x, 'layer_norm'), name, bias, hiddenKeys)]);
      return g.node('Add', [attended, feed(norm(attended, 'final_layer_norm'))]);
    }
    const attended = norm(g.node('Add', [x, this.#attention(x, name, bias, hiddenKeys)]), 'layer_norm');
    return norm(g.node('Add', [attended, feed(attended)]), 'final_layer_norm');
  }

  /** @returns what goes into the first block, what each block gives, and the last state */
  build(input: Wire, mask: Wire | undefined): { states: Wire[]; last: Wire } {
    const { hidden, channels, blocks } = this.s;
    const g = this.#g;
    return this.#in(this.arch.outer, () => {
      const features = this.#transpose(this.#stem(input), [0, 2, 1]); // [B, C, T] -> [B, T, C]
      let x = this.#in('feature_projection', () =>
        this.#linear(this.#norm(features, 'projection.norm', channels), 'projection', channels, hidden),
      );
      return this.#in('encoder', () => {
        let hiddenKeys: Wire | undefined;
        if (mask) {
          const frames = this.#frameMask(mask, x);
          x = g.node('Where', [g.node('Unsqueeze', [frames, g.ints(2)]), x, this.#number(0)]);
          hiddenKeys = g.node('Unsqueeze', [
            g.node('Where', [frames, this.#number(0), this.#number(this.#type === 'float16' ? -6e4 : -3e38)]),
            g.ints(1, 2),
          ]); // [B, 1, 1, T]
        }
        x = g.node('Add', [x, this.#in('pos_conv_embed', () => this.#position(x))]);
        if (!this.arch.preNorm) x = this.#in('layer_norm', () => this.#norm(x, 'encoder.norm', hidden));
        const states = [x];
        let bias: Wire | undefined;
        for (let i = 0; i < blocks; i++) {
          x = this.#in(`layers.${i}`, () => {
            if (this.arch.relative && i === 0) bias = this.#in('attention', () => this.#relativeBias(x));
            return this.#block(x, i, bias, hiddenKeys);
          });
          states.push(x);
        }
        return {
          states,
          last: this.arch.preNorm ? this.#in('layer_norm', () => this.#norm(x, 'encoder.norm', hidden)) : x,
        };
      });
    });
  }
}

/** The file. */
export function encoderOnnx(
  arch: Architecture,
  { sizes = small, precision = 'float32', lists = 'last', nameless = false }: GraphOptions = {},
): Uint8Array {
  const g = new OnnxBuilder();
  const type = precision === 'float16' ? 'float16' : 'float32';
  const input = g.input('input_values', type, ['batch_size', 'sequence_length']);
  const mask = arch.masked ? g.input('attention_mask', 'int64', ['batch_size', 'sequence_length']) : undefined;
  const { states, last } = new Encoder(g, arch, sizes, precision, nameless).build(input, mask);
  const shape = ['batch_size', 'frames', sizes.hidden] as const;
  g.output('last_hidden_state', last, type, shape);
  if (lists === 'all')
    states.forEach((state, i) => {
      g.output(`hidden_states.${i}`, state, type, shape);
    });
  return g.encode('main_graph');
}
