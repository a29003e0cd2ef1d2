// Trains the network on labelled speech of one or two kinds: batches, steps, one learning-rate cycle, a checkpoint
// after every epoch. Same inputs and seed give the same weights, also after an interruption.
import { join } from 'node:path';
import { z } from 'zod';
import { hashJson } from '../core/fingerprint.js';
import { AsrError } from '../core/errors.js';
import { JsonlWriter } from '../core/jsonl.js';
import type { Log } from '../core/log.js';
import { startProgress } from '../core/progress.js';
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { CheckpointFolder } from '../training/checkpoint.js';
import type { Crop } from '../training/crop-tape.js';
import { createTrainedState, weightsOf } from '../training/supervised.js';
import type { Changes } from './change-settings.js';
import { openChanger, type Changer } from './changer.js';
import { cropsOf, cropsPerEpoch, nextBatch, type CropBatch, type LabelledSource } from './crops.js';
import type { BootstrapSettings } from './settings.js';
import { compileListening, compileNetworkStep, oneCycle } from './step.js';
import { parameterShapes, strideOf, type NetworkShape } from './network.js';

/** A kind of speech and its crops in every batch. */
export interface TrainingPart {
  readonly source: LabelledSource;
  readonly crops: number;
  /** How it is changed; absent: it is heard as it is. */
  readonly augment?: Changes | undefined;
}

/** What `trainNetwork` is told of the settings. */
export interface TrainingConfig {
  readonly train: Omit<BootstrapSettings['train'], 'epochs' | 'learningRate'>;
  readonly network: Pick<BootstrapSettings['network'], 'dropout'> & { readonly inputDropout?: number };
}

export interface NetworkTraining {
  /** For people, and for its files. */
  readonly name: string;
  readonly shape: NetworkShape;
  readonly start: Readonly<Record<string, Float32Array>>;
  /** An epoch is one pass over the first. */
  readonly parts: readonly TrainingPart[];
  readonly epochs: number;
  /** The labels are the targets where it is absent. */
  readonly findTargets?: FindTargets;
  readonly learningRate: number;
  readonly config: TrainingConfig;
  readonly rng: Rng;
  readonly compute: Compute;
  readonly log: Log;
  /** Holds the checkpoint and `metrics.jsonl`. */
  readonly folder: string;
  readonly signal?: AbortSignal;
}

/**
 * Finds what a batch should be, for losses that depend on what the network says of it now.
 * @param logProbs [B, crop / stride, V] what it says. @param labels [B, crop / stride]
 * of the crops; they may mean anything
 * @returns targets [B, crop / stride, V], and the loss of the batch
 */
export type FindTargets = (
  logProbs: Float32Array,
  labels: Int16Array,
) => { readonly targets: Float32Array; readonly loss: number };

const metricsFile = 'metrics.jsonl';

/** @returns the weights. @throws AsrError 'model' when the loss is not finite */
export async function trainNetwork(training: NetworkTraining): Promise<Record<string, Float32Array>> {
  const { name, shape, start, parts, epochs, config, rng, compute, log, folder, signal } = training;
  const { crop, weightDecay } = config.train;
  const shapes = parameterShapes(shape);
  const state = createTrainedState(
    Object.fromEntries(
      Object.entries(shapes).map(([key, dims]) => [key, { shape: dims, init: start[key] as Float32Array }]),
    ),
  );
  const perEpoch = Math.max(1, Math.floor(cropsPerEpoch(parts[0]!.source, crop) / parts[0]!.crops));
  const key = hashJson({
    name,
    shape,
    config: { train: config.train, network: config.network },
    epochs,
    perEpoch,
    learningRate: training.learningRate,
    parts: parts.map(({ crops, augment }) => ({ crops, augment: augment ?? null })),
    seed: rng.state,
    entries: Object.keys(state.values),
  });
  const checkpoints = new CheckpointFolder(folder, key, [metricsFile], z.object({}));
  const found = await checkpoints.restore(state);
  if ((found?.update ?? 0) >= epochs) return weightsOf(state);
  const metrics = await JsonlWriter.create(join(folder, metricsFile), found !== undefined);
  const step = await compileNetworkStep(state, {
    shape,
    parts: parts.map(({ crops }) => crops),
    crop,
    weightDecay,
    compute,
    heard: training.findTargets !== undefined,
  });
  const listening =
    training.findTargets &&
    (await compileListening(state, { shape, parts: parts.map(({ crops }) => crops), crop, compute }));
  await using changer = parts.some(({ augment }) => augment) ? await openChanger() : undefined;
  const progress = startProgress(log, name, epochs * perEpoch, 'steps');
  try {
    for (let epoch = found?.update ?? 0; epoch < epochs; epoch++) {
      const stream = rng.fork('epoch').fork(epoch);
      const batches = new PartBatches(training, stream, changer);
      const sums = { loss: 0, accuracy: 0 };
      for (let n = 0; n < perEpoch; n++) {
        signal?.throwIfAborted();
        const at = epoch * perEpoch + n;
        const { x, targets, labels } = await batches.next();
        dropColumns(x, training, stream.fork('input').fork(n));
        const drop = dropoutMasks(training, stream.fork('drop').fork(n));
        const heard = await listening?.step({ x, drop });
        const found = heard && training.findTargets?.(heard['logProbs']!, labels);
        const {
          loss: own,
          accuracy,
          norm,
        } = await step.step({
          ...heard,
          x,
          drop,
          targets: found?.targets ?? targets,
          lr: Float32Array.of(oneCycle(at, epochs * perEpoch, training.learningRate)),
          step: Float32Array.of(at + 1),
        });
        const loss = found?.loss ?? own[0]!;
        if (!Number.isFinite(loss))
          throw new AsrError('model', `${name}: the loss is not finite at step ${at}`, 'Lower its train.learningRate.');
        sums.loss += loss / perEpoch;
        sums.accuracy += accuracy[0]! / perEpoch;
        if (n % 10 === 0) await metrics.write({ step: at + 1, loss, accuracy: accuracy[0], norm: norm[0] });
        progress.update(at + 1, `loss ${loss.toFixed(3)}, ${(100 * accuracy[0]!).toFixed(0)} % of frames`);
      }
      await metrics.flush();
      await checkpoints.save(state, { update: epoch + 1, facts: {} });
      log.info(
        `${name}, epoch ${epoch + 1}: loss ${sums.loss.toFixed(3)}, ${(100 * sums.accuracy).toFixed(1)} % of frames`,
      );
    }
  } finally {
    progress.finish();
    await metrics.close();
    await step.dispose();
    await listening?.dispose();
  }
  return weightsOf(state);
}

/** Batches whose parts come from endless passes over their sources. */
class PartBatches {
  readonly #crops: AsyncGenerator<Crop>[];

  constructor(
    private readonly training: NetworkTraining,
    rng: Rng,
    changer: Changer | undefined,
  ) {
    const { parts, config } = training;
    this.#crops = parts.map(({ source, augment }, p) =>
      cropsOf(source, config.train.crop, rng.fork('part').fork(p), { changes: augment, changer, endless: true }),
    );
  }

  async next(): Promise<CropBatch> {
    const { parts, shape, config } = this.training;
    const slot = parts.flatMap(({ crops }, p) => new Array<number>(crops).fill(p));
    const batch = await nextBatch(async (at) => (await this.#crops[slot[at]!]!.next()).value as Crop | undefined, {
      count: slot.length,
      crop: config.train.crop,
      bands: shape.bands,
      classes: shape.classes,
      smoothing: config.train.labelSmoothing,
      stride: strideOf(shape),
    });
    if (!batch) throw new AsrError('internal', 'bootstrap: an endless pass ended');
    return batch;
  }
}

/** [layers, B, 1, channels]: a channel is dropped for a whole crop, as in spatial dropout. */
function dropoutMasks({ parts, shape: { layers, channels }, config }: NetworkTraining, rng: Rng): Float32Array {
  const { dropout } = config.network;
  const count = parts.reduce((sum, { crops }) => sum + crops, 0);
  return Float32Array.from({ length: layers * count * channels }, () =>
    rng.uniform() < dropout ? 0 : 1 / (1 - dropout),
  );
}

/**
 * Each column of a crop is silent for the whole crop with the probability `inputDropout`.
 * @param x [B, crop, bands], changed in place
 */
function dropColumns(x: Float32Array, { shape: { bands }, config }: NetworkTraining, rng: Rng): void {
  const { inputDropout = 0 } = config.network;
  if (inputDropout === 0) return;
  const size = config.train.crop * bands;
  for (let from = 0; from < x.length; from += size) {
    const keep = Float32Array.from({ length: bands }, () =>
      rng.uniform() < inputDropout ? 0 : 1 / (1 - inputDropout),
    );
    for (let i = 0; i < size; i++) x[from + i]! *= keep[i % bands]!;
  }
}
