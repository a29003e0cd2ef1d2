// Which engines this machine has: each is tried with a small product, so that what is reported was seen to work.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { engineError, messageOf } from './errors.js';
import { compile } from './compile.js';
import { tfjsLane } from './eager.js';
import { engines, type Engine, type FixedEngine } from './session.js';
import { isNative, nativeInstall } from './onnxruntime.js';
import { tf } from './tf.js';

export interface EngineReport {
  readonly engine: FixedEngine;
  readonly found: boolean;
  /** What it runs on, or why it does not. */
  readonly detail: string;
  /** What would install it; absent where it is there. */
  readonly install?: string;
}

const installs: Readonly<Record<FixedEngine, string>> = {
  cpu: nativeInstall,
  webgpu:
    'a GPU with a driver for Vulkan (Linux), Direct3D 12 (Windows) or Metal ' +
    '(macOS); the provider itself is in onnxruntime-node',
  cuda: 'NVIDIA driver, CUDA 12 and cuDNN 9, then: ONNXRUNTIME_NODE_INSTALL_CUDA=v12 npm rebuild onnxruntime-node',
  tfjs: 'npm install @tensorflow/tfjs-node-gpu (or @tensorflow/tfjs-node, or @tensorflow/tfjs-backend-wasm)',
};

/**
 * The library that onnxruntime-node's install script adds for CUDA; without it the
 * runtime would print errors of its own.
 */
function cudaLibrary(): string {
  const file = platform() === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so';
  const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  return join(folder, 'bin', 'napi-v6', platform(), arch(), file);
}

async function works(engine: FixedEngine): Promise<void> {
  if ((engine === 'cuda' || engine === 'webgpu') && !isNative)
    throw engineError('dependency', 'onnxruntime-node is not installed');
  if (engine === 'cuda' && !existsSync(cudaLibrary())) throw engineError('dependency', `${cudaLibrary()} is not there`);
  await using square = await compile(
    ({ x }) => ({ y: tf.matMul(x, x) }),
    { x: { shape: [2, 2] } },
    { name: 'probe', engine, threads: 1 },
  );
  const { y } = await square.run({ x: Float32Array.of(1, 2, 3, 4) });
  if (y.join() !== '7,10,15,22') throw engineError('dependency', `a product came out wrong: ${y.join()}`);
}

async function describeEngine(engine: FixedEngine): Promise<string> {
  if (engine === 'cpu')
    return (
      `onnxruntime${isNative ? '' : ' as WebAssembly'}, ${availableParallelism()} cores (` +
      `${cpus()[0]?.model.trim() ?? 'unknown processor'})`
    );
  if (engine === 'tfjs') return `${(await tfjsLane()).package}`;
  return `onnxruntime's ${engine} provider`;
}

/** Tries one engine. */
export async function probeEngine(engine: FixedEngine): Promise<EngineReport> {
  try {
    await works(engine);
    return { engine, found: true, detail: await describeEngine(engine) };
  } catch (thrown) {
    // The runtime's messages start with the place in its own source; what comes last says what is wrong.
    const [line = ''] = messageOf(thrown).trim().split('\n');
    return { engine, found: false, detail: line.split(' was false. ').at(-1) ?? line, install: installs[engine] };
  }
}

/** Tries all engines, one after the other. */
export async function findEngines(): Promise<EngineReport[]> {
  const reports: EngineReport[] = [];
  for (const engine of engines) reports.push(await probeEngine(engine));
  return reports;
}

let automatic: Promise<FixedEngine> | undefined;

/**
 * What `auto` stands for on this machine: CUDA where it works, else WebGPU, else the CPU; found out once. The tfjs
 * lane is for those who ask for it: it computes node by node.
 */
export function resolveEngine(engine: Engine): Promise<FixedEngine> {
  if (engine !== 'auto') return Promise.resolve(engine);
  automatic ??= (async () => {
    for (const candidate of ['cuda', 'webgpu'] as const) if ((await probeEngine(candidate)).found) return candidate;
    return 'cpu';
  })();
  return automatic;
}
