// The engine: write a computation once in tfjs operations, gradients included, and run it as one
// onnxruntime graph. README.md has a worked example and the table of kernels.
export { EngineError, throwAs, type EngineErrorCode } from './errors.js';
export { tf } from './tf.js';
export { compile, type Compiled, type ValueSpec } from './compile.js';
export { compileStep, createState, State, type StateSpec, type TrainingStep } from './step.js';
export { writeModel, type FreeSpec, type WriteOptions } from './write-model.js';
export { adam, clipByGlobalNorm } from './optimiser.js';
export {
  computedConv1d,
  conv1d,
  fold,
  gelu,
  geluSlope,
  logisticLoss,
  logSoftmax,
  logSumExp,
  stopGradient,
  unfold,
} from './layers.js';
export type { WindowOptions } from './windows.js';
export { bucketLength, SessionCache } from './sessions.js';
export { OnnxBuilder, type StoredBytes, type Wire } from './onnx-builder.js';
export { engines, type FixedEngine } from './session.js';
export { findEngines, probeEngine, resolveEngine, type EngineReport } from './devices.js';
export { kernels } from './kernels/index.js';
export { endAt } from './end-model.js';
export { readOnnxFile, type FileNode, type OnnxFile } from './onnx-file.js';
export { ModelSession, type ModelArray, type ModelInput } from './model-session.js';
