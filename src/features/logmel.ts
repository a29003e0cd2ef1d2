// Log-mel bands: 16 kHz samples in, the logarithm of the energy in each mel band out, as networks like to see sound.
// The same frames, windows and bands as MFCC (tables.ts), without the cosine transform and the derivatives.
import type { Compute } from '../core/stage.js';
import type { FeaturesConfig } from './config.js';
import type { FeatureExtractor } from './frames.js';
import { createSpectral, logBands } from './mfcc.js';
import { mfccTables } from './tables.js';

/** @throws AsrError as `createMfcc` */
export async function createLogMel(config: FeaturesConfig, compute: Compute): Promise<FeatureExtractor> {
  // The number of cepstra means nothing here, so it cannot contradict the number of bands.
  const tables = mfccTables({ ...config, coefficients: 1 });
  const { window, hop, bands } = tables;
  const spectral = await createSpectral(
    'logmel',
    tables,
    bands,
    (frames) => logBands(frames, tables, config.energyFloor),
    compute,
  );
  return { window, hop, dim: bands, ...spectral };
}
