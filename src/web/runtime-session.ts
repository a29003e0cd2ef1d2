// onnxruntime-web in the page's thread of work: a graph in, arrays through it. One thread of WebAssembly, since more
// need headers that a plain file server does not send.
import type * as Ort from 'onnxruntime-common';
import type { ModelArray } from '../engine/index.js';

interface Runtime {
  readonly InferenceSession: Ort.InferenceSessionFactory;
  readonly Tensor: Ort.TensorConstructor;
  readonly env: Ort.Env;
}
let runtime: Promise<Runtime> | undefined;

/** @param folder address of the runtime's files, with a slash at its end. @throws Error where they cannot be had */
export function loadRuntime(folder: string): Promise<Runtime> {
  runtime ??= (async () => {
    const loaded = (await import(/* @vite-ignore */ `${folder}ort.wasm.min.js`)) as Runtime;
    loaded.env.wasm.numThreads = 1;
    // Fetched here, since not every file server says what kind of file it is.
    loaded.env.wasm.wasmBinary = await wasm(`${folder}ort-wasm-simd-threaded.wasm`);
    loaded.env.wasm.wasmPaths = {
      mjs: `${folder}ort-wasm-simd-threaded.js`,
      wasm: `${folder}ort-wasm-simd-threaded.wasm`,
    };
    loaded.env.logLevel = 'error';
    return loaded;
  })();
  return runtime;
}

async function wasm(address: string): Promise<ArrayBuffer> {
  const response = await fetch(address);
  if (!response.ok)
    throw new Error(`${address} is not there (${response.status}): copy the exported folder again, as a whole.`);
  return response.arrayBuffer();
}

export class RuntimeSession {
  private constructor(
    private readonly ort: Runtime,
    private readonly session: Ort.InferenceSession,
  ) {}

  static async open(graph: ArrayBuffer): Promise<RuntimeSession> {
    if (!runtime) throw new Error('the runtime was not loaded');
    const ort = await runtime;
    return new RuntimeSession(
      ort,
      await ort.InferenceSession.create(new Uint8Array(graph), { executionProviders: ['wasm'] }),
    );
  }

  /** A table in, a table out; without rows nothing is asked. */
  async rows(input: string, data: Float32Array, shape: [number, number], output: string): Promise<Float32Array> {
    if (shape[0] === 0) return new Float32Array(0);
    const feeds = { [input]: new this.ort.Tensor('float32', data.subarray(0, shape[0] * shape[1]), shape) };
    const results = await this.session.run(feeds);
    return results[output]!.data as Float32Array;
  }

  /** As ModelSession.run(); whole numbers without axes are int64. */
  async run(feeds: Readonly<Record<string, ModelArray>>): Promise<Record<string, ModelArray>> {
    const tensors = Object.entries(feeds).map(([name, { data, shape }]) => [
      name,
      shape.length === 0
        ? new this.ort.Tensor('int64', BigInt64Array.from(data, BigInt), [])
        : new this.ort.Tensor('float32', data, [...shape]),
    ]);
    const results = await this.session.run(Object.fromEntries(tensors) as Record<string, Ort.Tensor>);
    return Object.fromEntries(
      Object.entries(results).map(([name, { data, dims }]) => [name, { data: data as Float32Array, shape: dims }]),
    );
  }
}
