// A network that has been fitted to the real speech: statistics of its batch norm and the mean posterior, both taken
// from that speech, and the log-posteriors of every utterance, kept on disk for the decisions that follow.
import { rm } from 'node:fs/promises';
import { held } from '../core/disposal.js';
import type { Rng } from '../core/rng.js';
import { ShardWriter } from '../core/shard-writer.js';
import { type ShardItem } from '../core/shards.js';
import type { Compute } from '../core/stage.js';
import { MeanPosterior } from './mean-posterior.js';
import { networkInput, type NetworkShape } from './network.js';
import { createNetworkRunner, estimateMoments, type TrainedNetwork } from './posteriors.js';

/** Frames of speech, as the features stage left them. */
export interface RealFrames {
  readonly columns: number | undefined;
  rowsOf(id: string): number;
  read(id: string): Promise<ShardItem>;
}

/** Utterances of real speech. */
export interface RealSpeech {
  readonly frames: RealFrames;
  readonly ids: readonly string[];
}

export interface AdaptedNetwork {
  readonly network: TrainedNetwork;
  /** [classes] log mean posterior. */
  readonly logPrior: Float32Array;
}

const momentUtterances = 600;
const momentBatch = 16;

/**
 * Adaptive batch normalisation (Li et al., 2016): the statistics of real speech in place of those of training.
 * @param crop frames of a crop, as in training
 */
export async function adaptNetwork(
  { shape, parameters }: Pick<TrainedNetwork, 'shape' | 'parameters'>,
  { frames, ids }: RealSpeech,
  crop: number,
  rng: Rng,
  compute: Compute,
): Promise<TrainedNetwork> {
  const chosen = rng.shuffleInPlace([...ids]).slice(0, momentUtterances);
  const rows = chosen.reduce((sum, id) => sum + frames.rowsOf(id), 0);
  const batch = Math.max(1, Math.min(momentBatch, Math.floor(rows / crop)));
  return {
    shape,
    parameters,
    moments: await estimateMoments(
      { shape, parameters },
      tapes(frames, chosen, batch * crop, shape),
      { batch, crop },
      compute,
    ),
  };
}

/** Normalised utterances end to end, in pieces of `rows` frames; the rest is left out, unless it is all there is. */
async function* tapes(
  frames: RealFrames,
  ids: readonly string[],
  rows: number,
  shape: NetworkShape,
): AsyncGenerator<Float32Array> {
  const tape = new Float32Array(rows * shape.bands);
  let filled = 0;
  let given = 0;
  for (const id of ids) {
    const item = await frames.read(id);
    const data = networkInput(item.data, shape);
    for (let from = 0; from < data.length;) {
      const taken = Math.min(tape.length - filled, data.length - from);
      tape.set(data.subarray(from, from + taken), filled);
      filled += taken;
      from += taken;
      if (filled < tape.length) continue;
      yield tape;
      given++;
      filled = 0;
    }
  }
  if (given === 0) yield tape;
}

/** Log-posteriors of all utterances, in a folder, and their mean. */
export async function storePosteriors(
  network: TrainedNetwork,
  { frames, ids }: RealSpeech,
  folder: string,
  compute: Compute,
  onUtterance?: () => void,
): Promise<AdaptedNetwork> {
  await rm(folder, { recursive: true, force: true });
  await using writer = await ShardWriter.create(folder, { columns: network.shape.classes, type: 'float16' });
  await using runner = held(createNetworkRunner(network, compute));
  const mean = new MeanPosterior(network.shape.classes);
  for (const id of ids) {
    const { data, rows } = await frames.read(id);
    const found = await runner.run(data, rows);
    mean.add(found);
    await writer.append(id, found.logProbs);
    onUtterance?.();
  }
  await writer.close();
  return { network, logPrior: mean.logs() };
}
