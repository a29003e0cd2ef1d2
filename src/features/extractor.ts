// What every front end offers: 16 kHz samples of one utterance in, frames out. Frames are not normalised yet:
// that needs all utterances of a speaker (normalise.ts). Also the one place that knows which kinds there are.
import type { Compute } from '../core/stage.js';
import type { FeaturesConfig } from './config.js';
import { createMfcc } from './mfcc.js';

/** Where frames lie in the sound: frame t covers samples [t * hop, t * hop + window). */
export interface FrameGrid {
  /** Samples between frames. */
  readonly hop: number;
  /** Samples in a frame. */
  readonly window: number;
}

export interface Frames {
  /** [rows, dim], row-major. */
  readonly data: Float32Array;
  readonly rows: number;
}

export interface FeatureExtractor extends FrameGrid {
  readonly dim: number;
  /**
   * @param samples mono, 16 kHz, in [-1, 1]
   * @returns rows = 1 + floor((samples - window) / hop), or 0 when there are fewer samples than one window
   * @throws AsrError 'input' when a sample is not finite
   */
  extract(samples: Float32Array): Promise<Frames>;
  /** Frees the compiled graphs; extract must not be called afterwards. */
  dispose(): Promise<void>;
}

/** The front end that `config.kind` names. @throws AsrError 'config' when its settings contradict each other */
export function createExtractor(config: FeaturesConfig, compute: Compute): Promise<FeatureExtractor> {
  switch (config.kind) {
    case 'mfcc': return createMfcc(config, compute);
  }
}
