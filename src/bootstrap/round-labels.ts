// What a round says of the real speech, from the posteriors that its network left: scores for the search, labels by
// network and Gaussians, and labels corrected by the text.
import { giveWay } from '../core/event-loop.js';
import type { Log } from '../core/log.js';
import { held } from '../core/disposal.js';
import type { Rng } from '../core/rng.js';
import { ShardReader } from '../core/shards.js';
import type { Compute } from '../core/stage.js';
import { createFrameScorer, type AcousticModel } from './acoustic-model.js';
import type { RowLabels } from './label-store.js';
import type { ScoredRows } from './length.js';
import type { RealFrames } from './adapted-network.js';
import { matchLabels } from './match-labels.js';
import type { NetworkShape } from './network.js';
import { createSearch, type PhoneGraph } from './search.js';
import { sideBySide } from './segment-vectors.js';
import type { BootstrapSettings } from './settings.js';
import { createView, type ViewBasis } from './view.js';

export interface Listening {
  readonly shape: NetworkShape;
  readonly frames: RealFrames;
  /** Training utterances. */
  readonly ids: readonly string[];
  /** Of the text, as phone numbers without silence. */
  readonly sentences: readonly Int32Array[];
  readonly graph: PhoneGraph;
  readonly config: BootstrapSettings;
  readonly compute: Compute;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

/** Scores for the search, in memory. */
export async function scoresOf(
  options: Listening,
  folder: string,
  acoustics: AcousticModel,
  ids: readonly string[],
): Promise<ScoredRows[]> {
  const found: ScoredRows[] = [];
  for await (const { scores, rows } of judged(options, folder, acoustics, ids)) found.push({ scores, rows });
  return found;
}

export async function* labelsOf(
  options: Listening,
  folder: string,
  acoustics: AcousticModel,
  insertion: number,
): AsyncGenerator<readonly [string, Int16Array]> {
  const search = createSearch(options.graph, { ...options.config.decode, insertion });
  for await (const { id, scores, rows } of judged(options, folder, acoustics, options.ids))
    yield [id, search(scores, rows).rows];
}

async function* judged(
  { frames, config, compute, signal }: Listening,
  folder: string,
  acoustics: AcousticModel,
  ids: readonly string[],
): AsyncGenerator<ScoredRows & { id: string }> {
  await using scorer = held(await createFrameScorer(acoustics, { ...config.decode, ...config.adapt }, compute));
  await using posteriors = await ShardReader.open(folder);
  for (const id of ids) {
    await giveWay(signal);
    const { data, rows } = await posteriors.read(id);
    const real = await frames.read(id);
    yield { id, scores: await scorer.score(data, real.data, real.rows), rows };
  }
}

/** A row is described by what network and Gaussians say of it together, by the network alone, and by its view. */
export async function* matchedLabels(
  { frames, shape, sentences, config, compute, log, signal }: Listening,
  folder: string,
  acoustics: AcousticModel,
  labels: RowLabels,
  rng: Rng,
): AsyncGenerator<readonly [string, Int16Array]> {
  await using scorer = held(await createFrameScorer(acoustics, { ...config.decode, ...config.adapt }, compute));
  await using view = held(createView(shape, acoustics.view, compute));
  await using posteriors = await ShardReader.open(folder);
  const { classes } = shape;
  yield* matchLabels({
    labels,
    sentences,
    phones: classes - 1,
    config: config.adapt.matching,
    rng,
    compute,
    log,
    ...(signal ? { signal } : {}),
    describe: async (id) => {
      const { data, rows } = await posteriors.read(id);
      const real = await frames.read(id);
      const parts = [
        { data: await scorer.score(data, real.data, real.rows), columns: classes },
        { data, columns: classes },
        { data: await view.of(real.data, real.rows), columns: view.columns },
      ];
      return { data: sideBySide(parts, rows), columns: 2 * classes + view.columns };
    },
  });
}

export async function* labelledView(
  { frames, shape, compute, signal }: Listening,
  basis: ViewBasis | undefined,
  labels: RowLabels,
): AsyncGenerator<{ data: Float32Array; labels: Int16Array }> {
  await using view = held(createView(shape, basis, compute));
  for (const [id, own] of labels) {
    await giveWay(signal);
    const { data, rows } = await frames.read(id);
    yield { data: await view.of(data, rows), labels: own };
  }
}
