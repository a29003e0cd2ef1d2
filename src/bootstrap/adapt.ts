// From a network of synthetic speech to one of the real speech, without labels: network and language model label the
// recordings, Gaussians learn from these labels, both judge together, and the network trains on what all agree on,
// with some synthetic speech beside it so that it does not drift.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../core/log.js';
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { cepstraColumns, rowCepstra } from './cepstra.js';
import type { BootstrapConfig } from './config.js';
import type { LabelledSource } from './crops.js';
import { agreement, mixtureScores, networkScores } from './labels.js';
import { storedLabels, type RowLabels } from './label-store.js';
import { fitToSpeech, listen, openPosteriors, type Listener, type RealFrames } from './listener.js';
import { createMixtureScorer, trainMixtures, type MixtureScorer } from './mixtures.js';
import type { NetworkShape } from './network.js';
import { createSearch, type PhoneGraph } from './search.js';
import { labelledFramesSource } from './sources.js';
import { trainNetwork } from './train.js';

export interface AdaptOptions {
  readonly shape: NetworkShape;
  /** Weights after synthetic speech. */
  readonly start: Readonly<Record<string, Float32Array>>;
  readonly frames: RealFrames;
  /** Training utterances. */
  readonly ids: readonly string[];
  readonly synthetic: LabelledSource;
  readonly graph: PhoneGraph;
  readonly config: BootstrapConfig;
  readonly rng: Rng;
  readonly compute: Compute;
  readonly log: Log;
  /** Each round keeps its labels and checkpoints in a folder below. */
  readonly folder: string;
  readonly signal?: AbortSignal;
}

const varianceFloor = 0.05;
const mixturePasses = 4;

/**
 * @param onRound gets the network of each round, the first being that of synthetic speech alone, and what it hears
 */
export async function adapt(options: AdaptOptions, onRound: (round: number, listener: Listener, heard: RowLabels) => Promise<void>): Promise<void> {
  const { config, shape, frames, ids, rng, compute, folder, signal } = options;
  const { rounds, epochs, learningRate, synthetic } = config.adapt;
  const posteriors = join(folder, 'posteriors');
  let parameters = options.start;
  let heard: RowLabels | undefined;
  for (let round = 0; ; round++) {
    signal?.throwIfAborted();
    const network = await fitToSpeech(shape, parameters, frames, ids, config.train.crop, rng.fork('moments').fork(round), compute);
    const listener = await listen(network, frames, ids, posteriors, compute, () => signal?.throwIfAborted());
    const place = join(folder, `round-${round + 1}`);
    const own: RowLabels = await storedLabels(join(place, 'network'), () => labelsByNetwork(options, listener, posteriors));
    await onRound(round, listener, own);
    if (round === rounds) break;
    heard = await storedLabels(join(place, 'together'), () => labelsTogether(options, listener, posteriors, heard ?? own));
    const agreed = await storedLabels(join(place, 'agreed'), () => agreedLabels(own, heard as RowLabels));
    const crops = Math.min(config.train.batch, Math.max(1, Math.round(config.train.batch * (1 - synthetic))));
    const parts = [{ source: labelledFramesSource(frames, agreed, options.synthetic.hopSeconds), crops }];
    if (crops < config.train.batch) parts.push({ source: options.synthetic, crops: config.train.batch - crops });
    parameters = await trainNetwork({
      name: `round ${round + 1}`, shape, start: parameters, parts, epochs, learningRate, config, rng: rng.fork('round').fork(round + 1), compute, log: options.log,
      folder: join(place, 'training'), ...(signal ? { signal } : {}),
    });
  }
  await rm(posteriors, { recursive: true, force: true });
}

async function* labelsByNetwork({ ids, graph, config, signal }: AdaptOptions, { logPrior }: Listener, folder: string): AsyncGenerator<readonly [string, Int16Array]> {
  const search = createSearch(graph, config.decode);
  const posteriors = await openPosteriors(folder);
  try {
    for (const id of ids) {
      signal?.throwIfAborted();
      const { data, rows } = await posteriors.read(id);
      yield [id, search(networkScores(data, logPrior, config.decode), rows).rows];
    }
  } finally {
    await posteriors.close();
  }
}

/** Gaussians are trained on `labels`, then judge beside the network. */
async function* labelsTogether(options: AdaptOptions, { logPrior }: Listener, folder: string, labels: RowLabels): AsyncGenerator<readonly [string, Int16Array]> {
  const { ids, frames, graph, config, shape, compute, signal } = options;
  const { components, mixtureScale, networkWeight } = config.adapt;
  const search = createSearch(graph, config.decode);
  const scorer = await createMixtureScorer(await trainMixtures(() => labelledCepstra(frames, labels, shape.bands), { classes: shape.classes, dim: cepstraColumns, components, passes: mixturePasses, varianceFloor }), compute);
  const posteriors = await openPosteriors(folder);
  try {
    for (const id of ids) {
      signal?.throwIfAborted();
      const { data, rows } = await posteriors.read(id);
      const byNetwork = networkScores(data, logPrior, config.decode);
      const byMixtures = await mixtureJudgement(scorer, frames, id, shape, mixtureScale);
      yield [id, search(byNetwork.map((value, i) => networkWeight * value + (1 - networkWeight) * byMixtures[i]!), rows).rows];
    }
  } finally {
    await posteriors.close();
    await scorer.dispose();
  }
}

async function mixtureJudgement(scorer: MixtureScorer, frames: RealFrames, id: string, { bands, classes }: NetworkShape, scale: number): Promise<Float32Array> {
  const { data, rows } = await frames.read(id);
  const cepstra = rowCepstra(data, rows, bands);
  return mixtureScores(await scorer.score(cepstra, cepstra.length / cepstraColumns), classes, scale);
}

async function* labelledCepstra(frames: RealFrames, labels: RowLabels, bands: number): AsyncGenerator<{ data: Float32Array; labels: Int16Array }> {
  for (const [id, own] of labels) {
    const { data, rows } = await frames.read(id);
    yield { data: rowCepstra(data, rows, bands), labels: own };
  }
}

async function* agreedLabels(first: RowLabels, second: RowLabels): AsyncGenerator<readonly [string, Int16Array]> {
  for (const [id, labels] of first) yield [id, agreement(labels, second.get(id)!)];
}
