// Labels of the real speech from scores of its rows: who decides, and with what weight.
import type { Compute } from '../core/stage.js';
import type { AdaptedNetwork } from './adapted-network.js';
import { createMixtureScorer, type Mixtures, type MixtureScorer } from './mixtures.js';
import type { BootstrapSettings } from './settings.js';
import { createView, type View, type ViewBasis } from './view.js';

/** scale x (log posterior - weight x log mean posterior): what the sound says beyond what is always said. */
export function networkScores(
  logProbs: Float32Array,
  logPrior: Float32Array,
  { priorWeight, acousticScale }: Pick<BootstrapSettings['decode'], 'priorWeight' | 'acousticScale'>,
): Float32Array {
  const classes = logPrior.length;
  return logProbs.map((value, i) => acousticScale * (value - priorWeight * logPrior[i % classes]!));
}

/**
 * Log densities [rows, classes] to scaled log posteriors under equal priors, which are comparable with the network's.
 */
export function mixtureScores(densities: Float32Array, classes: number, scale: number): Float32Array {
  const scores = new Float32Array(densities.length);
  for (let at = 0; at < densities.length; at += classes) {
    let top = -Infinity;
    for (let c = 0; c < classes; c++) top = Math.max(top, densities[at + c]!);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(scale * (densities[at + c]! - top));
    const norm = Math.log(sum);
    for (let c = 0; c < classes; c++) scores[at + c] = scale * (densities[at + c]! - top) - norm;
  }
  return scores;
}

export interface AcousticModel extends AdaptedNetwork {
  /** Without them the network decides alone. */
  readonly mixtures?: Mixtures;
  /** How the Gaussians see frames that are no bands. */
  readonly view?: ViewBasis;
}

export type FrameScorerSettings = Pick<BootstrapSettings['decode'], 'priorWeight' | 'acousticScale'> &
  Pick<BootstrapSettings['adapt'], 'mixtureScale' | 'networkWeight'>;

export interface FrameScorer {
  /**
   * @param logProbs the network's, [ceil(rows / 2), classes]
   * @param data [rows, bands] frames of the same utterance
   * @returns scores for the search, [ceil(rows / 2), classes]
   */
  score(logProbs: Float32Array, data: Float32Array, rows: number): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export async function createFrameScorer(
  acoustics: AcousticModel,
  settings: FrameScorerSettings,
  compute: Compute,
): Promise<FrameScorer> {
  const { network, mixtures, view: basis } = acoustics;
  const scorer = mixtures && (await createMixtureScorer(mixtures, compute));
  const view = scorer && createView(network.shape, basis, compute);
  return frameScorerOf(acoustics, settings, scorer, view);
}

/**
 * @param scorer of its Gaussians, wherever they are computed, and how they see frames; without them the network
 * decides
 */
export function frameScorerOf(
  { logPrior }: Pick<AcousticModel, 'logPrior'>,
  settings: FrameScorerSettings,
  scorer: MixtureScorer | undefined,
  view: View | undefined,
): FrameScorer {
  const densities = async (data: Float32Array, rows: number): Promise<Float32Array | undefined> => {
    const seen = await view?.of(data, rows);
    return seen && scorer?.score(seen, seen.length / view!.columns);
  };
  return {
    async score(logProbs, data, rows) {
      const own = networkScores(logProbs, logPrior, settings);
      if (settings.mixtureScale === 0) return own.map((value) => settings.networkWeight * value);
      const found = await densities(data, rows);
      if (!found) return own;
      const other = mixtureScores(found, logPrior.length, settings.mixtureScale);
      return own.map((value, i) => settings.networkWeight * value + other[i]!);
    },
    dispose: async () => {
      await scorer?.dispose();
      await view?.dispose();
    },
  };
}
