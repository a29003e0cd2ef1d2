// ONNX bytes in, a session that computes on flat arrays out. With model-session.ts the only file that uses onnxruntime.
// Tensors wrap the arrays they are given: what is fetched into a tensor is written in place.
import * as ort from './onnxruntime.js';
import { engineError, messageOf as message } from './errors.js';
import type { Shape } from './graph.js';

export type Numbers = Float32Array | Int32Array;
/** What `auto` chooses from; README.md says what each needs. */
export const engines = ['cpu', 'webgpu', 'cuda', 'tfjs'] as const;
export type FixedEngine = (typeof engines)[number];
export type Engine = FixedEngine | 'auto';
/** A flat array with a shape, in the form the runtime wants; made once, fed and fetched many times. */
export type Buffer = ort.Tensor;

export interface SessionOptions {
  /** Shown in errors. */
  readonly name: string;
  /** 0: as many as the machine has cores. */
  readonly threads: number;
  readonly engine: Exclude<FixedEngine, 'tfjs'>;
}

/** Computes one graph on buffers. */
export interface Runner {
  run(feeds: Readonly<Record<string, Buffer>>, fetches: Readonly<Record<string, Buffer>>): Promise<void>;
  dispose(): Promise<void>;
}

/** @throws RangeError (from the runtime) when the length does not fit the shape */
export function wrap(numbers: Numbers, shape: Shape): Buffer {
  return numbers instanceof Float32Array
    ? new ort.Tensor('float32', numbers, shape)
    : new ort.Tensor('int32', numbers, shape);
}

export class Session implements Runner {
  readonly #name: string;
  readonly #engine: FixedEngine;
  #session: ort.InferenceSession | undefined;

  private constructor({ name, engine }: SessionOptions, session: ort.InferenceSession) {
    this.#name = name;
    this.#engine = engine;
    this.#session = session;
  }

  /** @throws EngineError dependency when the device is missing, internal when the runtime rejects the graph */
  static async create(onnx: Uint8Array, options: SessionOptions): Promise<Session> {
    try {
      const session = await ort.InferenceSession.create(onnx, {
        executionProviders: options.engine === 'cpu' ? ['cpu'] : [options.engine, 'cpu'],
        intraOpNumThreads: options.threads,
        interOpNumThreads: 1,
        graphOptimizationLevel: 'all',
        executionMode: 'sequential',
        enableMemPattern: true,
        // Threads that wait for work sleep: spinning ones take the cores from other sessions and from this program.
        extra: { session: { intra_op: { allow_spinning: '0' } } },
        logSeverityLevel: 4, // what goes wrong is thrown; the runtime would also print it to stderr
      });
      return new Session(options, session);
    } catch (thrown) {
      if (options.engine !== 'cpu') {
        throw engineError(
          'dependency',
          `graph ${options.name}: engine "${options.engine}" does not start: ${message(thrown)}`,
          'Take the engine cpu, or install what this one needs (findEngines says what).',
          thrown,
        );
      }
      throw engineError(
        'internal',
        `graph ${options.name}: onnxruntime rejects it: ${message(thrown)}`,
        'This is a bug in a kernel (src/kernels); the message names the node.',
        thrown,
      );
    }
  }

  /**
   * Computes the graph once, writing every output into the buffer given for it.
   * @throws EngineError internal naming the graph when the runtime fails
   */
  async run(feeds: Readonly<Record<string, Buffer>>, fetches: Readonly<Record<string, Buffer>>): Promise<void> {
    if (!this.#session)
      throw engineError('internal', `graph ${this.#name} was disposed`, 'Compile it again, or dispose of it later.');
    let results: ort.Outputs;
    try {
      // WebAssembly has memory of its own, into which it cannot take our arrays.
      results = await this.#session.run(feeds, ort.isNative ? fetches : Object.keys(fetches));
    } catch (thrown) {
      throw engineError(
        'internal',
        `graph ${this.#name}: onnxruntime failed: ${message(thrown)}`,
        'Check the shapes, and that indices lie inside the table they point into.',
        thrown,
      );
    }
    // On the CPU the runtime has written into the buffers; other devices hand back arrays of their own.
    if (this.#engine === 'cpu' && ort.isNative) return;
    for (const [name, buffer] of Object.entries(fetches))
      (buffer.data as Numbers).set((results[name] as ort.Tensor).data as Numbers);
  }

  async dispose(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.release();
  }
}
