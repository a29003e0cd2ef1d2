// What a trained model hears in an utterance: frames in, phones with times out.
import type { Compute } from '../core/stage.js';
import { durations } from '../triphone/alignment.js';
import { ContextGraph } from '../triphone/graph.js';
import type { RowScores } from '../search/viterbi.js';
import { createDensityScorer } from '../hmm/mixtures.js';
import type { TriphoneModel } from '../triphone/model.js';
import { createContextSearch, nothingFound, type FoundPhones } from '../triphone/search.js';
import type { NgramModel } from '../lm/ngram.js';

export interface RecogniserOptions {
  /** Symbols by number, without silence. */
  readonly phones: readonly string[];
  readonly lm: NgramModel;
  readonly lmWeight: number;
  readonly insertion: number;
  readonly acousticScale: number;
  readonly beam: number;
  readonly maxActive: number;
}

export interface Recogniser {
  /** @param frames [rows, dim] as the model hears them */
  recognise(frames: Float32Array, rows: number): Promise<FoundPhones>;
  /** The same frames by tied state. The result is valid until the next call of either. */
  densities(frames: Float32Array, rows: number): Promise<RowScores>;
  dispose(): Promise<void>;
}

export async function createRecogniser(
  model: TriphoneModel,
  { phones, lm, lmWeight, insertion, acousticScale, beam, maxActive }: RecogniserOptions,
  compute: Compute,
): Promise<Recogniser> {
  const graph = new ContextGraph(model.tied, durations(model.stay), lm, {
    ids: phones.map((phone) => lm.id(phone)),
    silenceShare: model.silenceShare,
    lmWeight,
    insertion,
  });
  const search = createContextSearch(graph, { acousticScale, beam, maxActive });
  const scorer = await createDensityScorer(model.mixtures, compute);
  return {
    recognise: async (frames, rows) =>
      rows < model.tied.statesPerPhone ? nothingFound : search(await scorer.score(frames, rows)),
    densities: (frames, rows) => scorer.score(frames, rows),
    dispose: () => scorer.dispose(),
  };
}
