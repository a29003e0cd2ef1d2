// Adversarial learning of phones from segment vectors and unpaired text: train a run, use its generator.
export { collapseCauses, type Collapse, type CollapseCause } from './collapse.js';
export { ganConfig, type GanConfig } from './config.js';
export { type GanScore, type ScoreTranscripts, type Vocabulary } from './evaluate.js';
export { fitGenerator, type FitOptions } from './fit.js';
export { createGenerator, outputEnds, type Generator, type GeneratorWeights } from './generator.js';
export { DivergedError } from './metrics.js';
export { type Evaluation, type GanOutcome, type GanResult } from './result.js';
export { type SegmentSource } from './segment-source.js';
export { trainGan } from './train.js';
export { type GanOptions } from './options.js';
