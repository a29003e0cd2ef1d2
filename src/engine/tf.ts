// The one place that imports tfjs-core: the language in which models and losses are written.
// tfjs brings ops, shapes and the gradient tape; the arithmetic itself is done by onnxruntime.
export * as tf from '@tensorflow/tfjs-core';
