// Adversarial learning of phones from segment vectors and unpaired text: train a run, use its generator.
export { ganConfig, type GanConfig } from './config.js';
export { fitGenerator } from './fit.js';
export { createGenerator, type GeneratorWeights } from './generator.js';
export { DivergedError } from './metrics.js';
export { type GanResult } from './result.js';
export { type SegmentSource } from './segment-source.js';
export { trainGan } from './train.js';
export { type GanOptions } from './options.js';
