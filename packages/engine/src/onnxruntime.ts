// onnxruntime as the rest of the engine gets it: told, before it is loaded, to send nothing anywhere. The native
// library where it is installed; else the same runtime as WebAssembly, which runs everywhere, slower, on the CPU alone.
// Its absence is common: the native package's install script wants a network beyond the registry, and npm leaves an
// optional package out whose script fails.
import { createRequire } from 'node:module';
import './no-telemetry.js';
import type * as native from 'onnxruntime-node';
import { engineError, messageOf } from './errors.js';
import { vendoredFile } from './vendored.js';

type Runtime = Pick<typeof native, 'InferenceSession' | 'Tensor' | 'env'>;

export type Tensor = native.Tensor;
export type InferenceSession = native.InferenceSession;
export type Outputs = native.InferenceSession.OnnxValueMapType;

/** What brings the native library. */
export const nativeInstall = 'npm install --ignore-scripts onnxruntime-node';

const require = createRequire(import.meta.url);

/** `wasm` chooses WebAssembly by hand. */
const choice = 'ENGINE_RUNTIME';

function loadWebAssembly(cause: unknown): Runtime {
  try {
    // Not beside the native library: its types are the same, for what is used of it.
    const runtime = require(vendoredFile('onnxruntime-web', 'dist/ort.node.min.js')) as Runtime;
    runtime.env.wasm.numThreads = 1;
    runtime.env.logLevel = 'fatal';
    return runtime;
  } catch {
    throw engineError(
      'dependency',
      `onnxruntime-node cannot be loaded: ${messageOf(cause).split('\n')[0] ?? ''}`,
      `${nativeInstall}.`,
      cause,
    );
  }
}

function load(): { runtime: Runtime; isNative: boolean } {
  // A variable, since worker processes inherit it: the choice is the same in all of them, and said once.
  if (process.env[choice] === 'wasm') return { runtime: loadWebAssembly(undefined), isNative: false };
  try {
    return { runtime: require('onnxruntime-node') as Runtime, isNative: true };
  } catch (thrown) {
    const runtime = loadWebAssembly(thrown);
    process.env[choice] = 'wasm';
    process.stderr.write(
      'warning: onnxruntime-node is not installed or does not load: computing in WebAssembly, several times ' +
        `slower; \`${nativeInstall}\` brings it\n`,
    );
    return { runtime, isNative: false };
  }
}

const loaded = load();
/** False: WebAssembly, which takes no arrays to write into and has no engine but the CPU. */
export const { isNative } = loaded;
export const { InferenceSession, Tensor } = loaded.runtime;
