// The one place that imports tfjs-core: the language in which models and losses are written.
// tfjs brings ops, shapes and the gradient tape; the arithmetic itself is done by onnxruntime.
import { createRequire } from 'node:module';
import type * as library from '@tensorflow/tfjs-core';
import { vendoredFile } from './vendored.js';

const require = createRequire(import.meta.url);

/** A copy that is installed comes first: the backends of the tfjs lane register with that one. */
function load(): unknown {
  try {
    return require('@tensorflow/tfjs-core');
  } catch {
    return require(vendoredFile('@tensorflow/tfjs-core', 'dist/tf-core.node.js'));
  }
}

/**
 * Required, not imported: before an import Node would read the whole bundle for the names that
 * it exports, for a tenth of a second.
 */
export const tf = load() as typeof library;

// `tf.Tensor` is a type as `tf.add` is a function, as in tfjs itself.
// eslint-disable-next-line @typescript-eslint/no-namespace
export declare namespace tf {
  export type BackendValues = library.BackendValues;
  export type DataType = library.DataType;
  export type GradConfig = library.GradConfig;
  export type KernelBackend = library.KernelBackend;
  export type Rank = library.Rank;
  // eslint-disable-next-line @typescript-eslint/no-namespace
  export namespace Rank {
    export type R1 = library.Rank.R1;
    export type R2 = library.Rank.R2;
    export type R3 = library.Rank.R3;
  }
  export type Scalar = library.Scalar;
  export type Tensor<R extends library.Rank = library.Rank> = library.Tensor<R>;
  export type Tensor1D = library.Tensor1D;
  export type Tensor2D = library.Tensor2D;
  export type Tensor3D = library.Tensor3D;
  export type TensorInfo = library.TensorInfo;
}
