// Models that others made: an ONNX file in, a session that runs it on arrays of any shape out. Half precision at the
// edges is converted, so callers see float32 alone. With session.ts the only file that knows onnxruntime.
import * as ort from './onnxruntime.js';
import { engineError, messageOf as message } from './errors.js';
import { float16ToFloat32, float32ToFloat16 } from './float16.js';
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
  /** What to do where a run fails; default: to give it less at once. */
  readonly hint?: string | undefined;
}

/** A free axis is -1; WebAssembly reads it without its sign. */
const axis = (size: number | string): number | string => (size === 2 ** 32 - 1 ? -1 : size);

export class ModelSession {
  readonly inputs: readonly ModelInput[];
  readonly outputs: readonly string[];
  readonly #name: string;
  readonly #hint: string;
  readonly #session: ort.InferenceSession;

  private constructor({ name, hint }: ModelOptions, session: ort.InferenceSession) {
    this.#name = name;
    this.#hint = hint ?? 'If memory ran out, give it less at once.';
    this.#session = session;
    this.inputs = session.inputMetadata.map((input) =>
      input.isTensor
        ? { name: input.name, type: input.type, shape: input.shape.map(axis) }
        : { name: input.name, type: 'other', shape: [] },
    );
    this.outputs = session.outputNames;
  }

  /** @throws EngineError 'model' when the runtime rejects the file, 'dependency' when the engine is missing */
  static async open(model: Uint8Array, options: ModelOptions): Promise<ModelSession> {
    const { name, threads, engine: wanted, folder } = options;
    const engine = await resolveEngine(wanted);
    if (engine === 'tfjs')
      throw engineError(
        'config',
        `${name}: the engine tfjs runs graphs of this program alone`,
        'The engines cpu, webgpu, cuda and auto run models of others.',
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
      return new ModelSession(options, session);
    } catch (thrown) {
      if (engine !== 'cpu')
        throw engineError(
          'dependency',
          `${name}: engine "${engine}" does not start: ${message(thrown)}`,
          'Take the engine cpu, or install what this one needs (findEngines says what).',
          thrown,
        );
      throw engineError(
        'model',
        `${name}: onnxruntime rejects it: ${message(thrown)}`,
        'Export or download the model again; files of weights (model.onnx_data) belong beside it.',
        thrown,
      );
    }
  }

  /**
   * @returns every output
   * @throws EngineError 'model' when the runtime fails, for instance because memory runs out
   */
  async run(feeds: Readonly<Record<string, ModelArray>>): Promise<Record<string, ModelArray>> {
    const fed = Object.fromEntries(
      Object.entries(feeds).map(([name, array]) => [name, toTensor(array, this.#typeOf(name))]),
    );
    let results: ort.Outputs;
    try {
      results = await this.#session.run(fed);
    } catch (thrown) {
      throw engineError('model', `${this.#name}: onnxruntime failed: ${message(thrown)}`, this.#hint, thrown);
    }
    return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromTensor(tensor)]));
  }

  #typeOf(name: string): string {
    const input = this.inputs.find((candidate) => candidate.name === name);
    if (!input)
      throw engineError(
        'model',
        `${this.#name}: has no input "${name}"`,
        `Its inputs: ${this.inputs.map((one) => one.name).join(', ')}.`,
      );
    return input.type;
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
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
