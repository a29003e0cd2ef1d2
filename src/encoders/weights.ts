// The tensors of a checkpoint as values of a graph, asked for by name and expected shape through a prefix. Numbers that
// lie in the file as the graph wants them stay there: the graph names the place, and the runtime maps it.
import { AsrError } from '../core/errors.js';
import {
  countOf,
  isRowMajor,
  readTensor,
  storedBytes,
  stretchOf,
  type PublishedCheckpoint,
  type StoredTensor,
} from '../checkpoints/index.js';
import type { OnnxBuilder, Wire } from '../engine/index.js';
import type { Precision } from './precision.js';

/** Tensors up to so many numbers are copied into the graph: a mapping of their own is not worth it. */
const copied = 4096;
const asStored = new Set(['float32', 'float16', 'bfloat16']);

/** `matrix` uint8 [inputs, outputs], less 128 times `scales` [outputs]: the weights. */
export interface WholeMatrix {
  readonly matrix: Wire;
  readonly scales: Wire;
}

export class Weights {
  constructor(
    private readonly graph: OnnxBuilder,
    private readonly checkpoint: PublishedCheckpoint,
    readonly precision: Precision,
    private readonly prefix = '',
    /** Tensors that were asked for. */
    readonly used = new Set<StoredTensor>(),
  ) {}

  /** The same tensors, with names that start with `name` and a dot. */
  at(name: string): Weights {
    return new Weights(this.graph, this.checkpoint, this.precision, `${this.prefix}${name}.`, this.used);
  }

  has(name: string): boolean {
    return this.checkpoint.tensors.has(this.prefix + name);
  }

  /** @throws AsrError 'model' when the tensor is missing or of another shape; both shapes are named */
  #find(name: string, shape: readonly number[]): StoredTensor {
    const full = this.prefix + name;
    const found = this.checkpoint.tensors.get(full);
    const where = this.checkpoint.files[0] ?? '';
    if (!found)
      throw new AsrError(
        'model',
        `${where}: tensor "${full}" is missing, expected one of the shape [${shape.join(', ')}]`,
        'Does config.json belong to this file? Fetch both from the same place.',
      );
    if (found.shape.length !== shape.length || found.shape.some((n, i) => n !== shape[i]))
      throw new AsrError(
        'model',
        `${where}: tensor "${full}" has the shape [${found.shape.join(', ')}], ` +
          `expected [${shape.join(', ')}] by config.json`,
        'Does config.json belong to this file? Fetch both from the same place.',
      );
    this.used.add(found);
    return found;
  }

  /** The numbers, row-major. @throws AsrError as above, and 'model' when the file ends before */
  read(name: string, shape: readonly number[]): Promise<Float32Array> {
    return readTensor(this.#find(name, shape));
  }

  /** The tensor as a float32 value. */
  async wire(name: string, shape: readonly number[]): Promise<Wire> {
    const tensor = this.#find(name, shape);
    if (countOf(shape) <= copied) return this.graph.constant('float32', shape, await readTensor(tensor));
    const usable = asStored.has(tensor.type) && isRowMajor(tensor) && tensor.offset % storedBytes[tensor.type] === 0;
    const half = this.precision !== 'stored' && tensor.type !== 'float16';
    if (!usable || half) return this.made(shape, await readTensor(tensor));
    const type = tensor.type as 'float32' | 'float16' | 'bfloat16';
    const bytes = { file: tensor.file, offset: tensor.offset, length: stretchOf(tensor) };
    return this.#asFloat32(this.graph.stored(type, shape, bytes), type);
  }

  /**
   * A matrix in 8 bits: each output has its own scale, so that its largest weight becomes 127; 128 stands for 0.
   * Undefined at another precision.
   */
  async whole(name: string, [outputs, inputs]: readonly [number, number]): Promise<WholeMatrix | undefined> {
    if (this.precision !== 'int8') return undefined;
    const weights = await readTensor(this.#find(name, [outputs, inputs]));
    const scales = new Float32Array(outputs);
    const turned = new Uint8Array(inputs * outputs); // [outputs, inputs] -> [inputs, outputs]
    for (let o = 0; o < outputs; o++) {
      const row = weights.subarray(o * inputs, (o + 1) * inputs);
      const largest = row.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
      const scale = largest > 0 ? largest / 127 : 1;
      scales[o] = scale;
      for (let i = 0; i < inputs; i++) turned[i * outputs + o] = 128 + Math.round(row[i]! / scale);
    }
    return {
      matrix: this.graph.constant('uint8', [inputs, outputs], turned),
      scales: this.graph.constant('float32', [outputs], scales),
    };
  }

  /** Numbers that were computed from tensors, as a float32 value. */
  made(shape: readonly number[], numbers: Float32Array): Wire {
    const type = this.precision === 'stored' || countOf(shape) <= copied ? 'float32' : 'float16';
    return this.#asFloat32(this.graph.constant(type, shape, numbers), type);
  }

  #asFloat32(wire: Wire, type: 'float32' | 'float16' | 'bfloat16'): Wire {
    return type === 'float32' ? wire : this.graph.node('Cast', [wire], { to: 1 });
  }
}

/**
 * The prefix under which a checkpoint keeps its encoder: '' or `wav2vec2.`, `hubert.`, `model.encoder.` …
 * @param landmark a tensor that every encoder of the family has
 * @throws AsrError 'model' when there is none: the file is of another architecture
 */
export function prefixOf(checkpoint: PublishedCheckpoint, landmark: string, family: string): string {
  const ends = [...checkpoint.tensors.keys()].filter((name) => name === landmark || name.endsWith(`.${landmark}`));
  const shortest = ends.sort((a, b) => a.length - b.length || (a < b ? -1 : 1))[0];
  if (shortest === undefined)
    throw new AsrError(
      'model',
      `${checkpoint.files[0] ?? ''}: no tensor "${landmark}", which every ${family} encoder has`,
      `Its tensors: ${[...checkpoint.tensors.keys()].slice(0, 4).join(', ')}, … Does config.json belong to this file?`,
    );
  return shortest.slice(0, -landmark.length);
}

/** @throws AsrError 'model' naming the first tensor that holds something else than finite numbers */
export async function refuseBrokenWeights(tensors: Iterable<StoredTensor>): Promise<void> {
  for (const tensor of tensors) {
    const numbers = await readTensor(tensor);
    // One sum instead of a question for each: whatever is not finite stays so in it.
    let sum = 0;
    for (let i = 0; i < numbers.length; i++) sum += (numbers[i] as number) * 0;
    if (Number.isNaN(sum))
      throw new AsrError(
        'model',
        `${tensor.file}: tensor "${tensor.name}" holds ` +
          `${numbers.find((value) => !Number.isFinite(value))}, expected finite numbers`,
        'Fetch the file again; if it stays so, the model is of no use.',
      );
  }
}
