// Models that others made: an ONNX file in, a session that runs it on arrays of any shape out. Half precision at the
// edges is converted, so callers see float32 alone. With session.ts the only file that knows onnxruntime.
import * as ort from './onnxruntime.js';
import { AsrError } from '../../../src/core/errors.js';
import { refuseLfsPointer } from '../../../src/core/lfs-pointer.js';
import { float16ToFloat32, float32ToFloat16 } from '../../../src/core/float16.js';
import { resolveEngine } from './devices.js';
import type { Engine } from './session.js';

export interface ModelArray {
  /** Whole numbers are converted to what the input holds. */
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

export interface ModelInput {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

export interface ModelOptions {
  /** Shown in errors. */
  readonly name: string;
  readonly threads: number;
  readonly engine: Engine;
  /** Where files of weights beside the model lie. */
  readonly folder?: string | undefined;
}

/** A free axis is -1; WebAssembly reads it without its sign. */
const axis = (size: number | string): number | string => (size === 2 ** 32 - 1 ? -1 : size);

const message = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

export class ModelSession {
  readonly inputs: readonly ModelInput[];
  readonly outputs: readonly string[];
  readonly #name: string;
  readonly #session: ort.InferenceSession;

  private constructor(name: string, session: ort.InferenceSession) {
    this.#name = name;
    this.#session = session;
    this.inputs = session.inputMetadata.map((input) =>
      input.isTensor
        ? { name: input.name, type: input.type, shape: input.shape.map(axis) }
        : { name: input.name, type: 'other', shape: [] },
    );
    this.outputs = session.outputNames;
  }

  /** @throws AsrError 'model' when the runtime rejects the file, 'dependency' when the engine is missing */
  static async open(model: Uint8Array, { name, threads, engine: wanted, folder }: ModelOptions): Promise<ModelSession> {
    refuseLfsPointer(model, name);
    const engine = await resolveEngine(wanted);
    if (engine === 'tfjs')
      throw new AsrError(
        'config',
        `${name}: the engine tfjs runs graphs of this program alone`,
        'Use --engine cpu, webgpu, cuda or auto for models of others.',
      );
    try {
      const session = await ort.InferenceSession.create(model, {
        executionProviders: engine === 'cpu' ? ['cpu'] : [engine, 'cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        graphOptimizationLevel: 'all',
        executionMode: 'sequential',
        enableMemPattern: false, // shapes differ from run to run
        extra: {
          session: {
            intra_op: { allow_spinning: '0' },
            ...(folder === undefined ? {} : { model_external_initializers_file_folder_path: folder }),
          },
        },
        logSeverityLevel: 4,
      });
      return new ModelSession(name, session);
    } catch (thrown) {
      if (engine !== 'cpu')
        throw new AsrError(
          'dependency',
          `${name}: engine "${engine}" does not start: ${message(thrown)}`,
          'Use --engine cpu, or install what this engine needs (`asr check --engine`).',
          thrown,
        );
      throw new AsrError(
        'model',
        `${name}: onnxruntime rejects it: ${message(thrown)}`,
        'Export or download the model again; files of weights (model.onnx_data) belong beside it.',
        thrown,
      );
    }
  }

  /**
   * @returns every output
   * @throws AsrError 'model' when the runtime fails, for instance because memory runs out
   */
  async run(feeds: Readonly<Record<string, ModelArray>>): Promise<Record<string, ModelArray>> {
    const fed = Object.fromEntries(
      Object.entries(feeds).map(([name, array]) => [name, toTensor(array, this.#typeOf(name))]),
    );
    let results: ort.Outputs;
    try {
      results = await this.#session.run(fed);
    } catch (thrown) {
      throw new AsrError(
        'model',
        `${this.#name}: onnxruntime failed: ${message(thrown)}`,
        'If memory ran out, lower features.extraction.memoryMiB or chunkSeconds.',
        thrown,
      );
    }
    return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromTensor(tensor)]));
  }

  #typeOf(name: string): string {
    const input = this.inputs.find((candidate) => candidate.name === name);
    if (!input)
      throw new AsrError(
        'model',
        `${this.#name}: has no input "${name}"`,
        `Its inputs: ${this.inputs.map((one) => one.name).join(', ')}.`,
      );
    return input.type;
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }
}

function toTensor({ data, shape }: ModelArray, type: string): ort.Tensor {
  if (type === 'int64')
    return new ort.Tensor(
      'int64',
      BigInt64Array.from(data, (value) => BigInt(Math.round(value))),
      shape,
    );
  if (type === 'int32') return new ort.Tensor('int32', Int32Array.from(data), shape);
  if (type === 'bool') return new ort.Tensor('bool', Uint8Array.from(data), shape);
  if (type === 'float16') return new ort.Tensor('float16', Uint16Array.from(data, float32ToFloat16), shape);
  return new ort.Tensor('float32', data, shape);
}

function fromTensor(tensor: ort.Tensor): ModelArray {
  const { data, dims, type } = tensor;
  if (data instanceof Float32Array) return { data, shape: dims };
  if (type === 'float16') {
    // Bits in older Nodes, numbers in those that have a Float16Array: the bytes are the same.
    const { buffer, byteOffset, length } = data as Uint16Array;
    return { data: Float32Array.from(new Uint16Array(buffer, byteOffset, length), float16ToFloat32), shape: dims };
  }
  return { data: Float32Array.from(data as ArrayLike<number | bigint>, Number), shape: dims };
}
