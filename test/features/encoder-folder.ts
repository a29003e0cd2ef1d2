// Folders as Optimum leaves them, with a small encoder inside, and the sound that the golden values were made from.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encoderConfig, families, type Architecture, type GraphOptions } from '../../bench/encoder-families.js';
import { encoderOnnx } from '../../bench/encoder-graph.js';
import { computeSchema } from '../../src/core/stage.js';
import { featuresConfig } from '../../src/features/config.js';
import { createEncoder } from '../../src/features/encoder.js';
import type { FeatureExtractor } from '../../src/features/extractor.js';

export const compute = computeSchema.parse({ threads: 1 });

export function writeEncoder(
  folder: string,
  family: string,
  options: GraphOptions & { preprocessor?: object; file?: string } = {},
): string {
  const architecture = families[family] as Architecture;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, options.file ?? 'model.onnx'), encoderOnnx(architecture, options));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(encoderConfig(architecture, options.sizes)));
  writeFileSync(
    join(folder, 'preprocessor_config.json'),
    JSON.stringify(options.preprocessor ?? { do_normalize: true, feature_size: 1, sampling_rate: 16_000 }),
  );
  return folder;
}

export function openEncoder(model: string, settings: object = {}): Promise<FeatureExtractor> {
  return createEncoder(featuresConfig.parse({ kind: 'onnx', model, ...settings }), compute, '.');
}

/** As `sound` of fixtures/encoders/make_golden.py. */
export function sound(samples: number): Float32Array {
  return Float32Array.from(
    { length: samples },
    (_, t) => 0.05 + 0.3 * Math.sin(0.05 * t + 1e-5 * t * t) + 0.1 * Math.sin(0.9 * t),
  );
}

/** The largest difference. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
}
