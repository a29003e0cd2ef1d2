// One round of masked prediction: batches, steps, one learning-rate curve, checkpoints. Random streams are named after
// stretches of steps, so that a training that was killed and continued gives the same bytes.
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { hashJson } from '../core/fingerprint.js';
import { JsonlWriter, readJsonl } from '../core/jsonl.js';
import type { Log } from '../core/log.js';
import { startProgress } from '../core/progress.js';
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import type { StateSpec } from '../engine/index.js';
import { CheckpointFolder } from '../training/checkpoint.js';
import { createTrainedState, weightsOf } from '../training/supervised.js';
import type { PretrainConfig } from './config.js';
import { hiddenRows, nextBatch, shuffledCrops, type UntranscribedSpeech } from './crops.js';
import { encoderShapes, type EncoderShape } from './network.js';
import { compilePretrainStep, learningRateAt } from './step.js';

export interface PretrainTraining {
  /** For people, and in the metrics. */
  readonly name: string;
  readonly shape: EncoderShape;
  /** Sizes. */
  readonly codebooks: readonly number[];
  readonly start: Readonly<Record<string, StateSpec>>;
  readonly source: UntranscribedSpeech;
  readonly config: Pick<PretrainConfig, 'train' | 'masks' | 'augment'>;
  readonly rng: Rng;
  readonly compute: Compute;
  readonly log: Log;
  /** Holds the checkpoint and `metrics.jsonl`. */
  readonly folder: string;
  readonly signal?: AbortSignal;
}

export interface TrainedEncoder {
  readonly weights: Record<string, Float32Array>;
  /**
   * Share of codebook entries named rightly at hidden frames, and the loss in nats; means over the last hundred steps.
   */
  readonly accuracy: number;
  readonly loss: number;
}

export const metricsFile = 'metrics.jsonl';
const recentSteps = 100;
const metricsEvery = 10;

/** @throws AsrError 'model' when the loss is not finite */
export async function trainEncoder(training: PretrainTraining): Promise<TrainedEncoder> {
  const {
    name,
    shape,
    codebooks,
    start,
    source,
    config: { train, masks, augment },
    rng,
    compute,
    log,
    folder,
    signal,
  } = training;
  const { steps, batch, crop, weightDecay, checkpoint } = train;
  const state = createTrainedState(start);
  const names = Object.keys(encoderShapes(shape));
  const checkpoints = new CheckpointFolder(
    folder,
    hashJson({ name, shape, codebooks, train, masks, augment, seed: rng.state, entries: Object.keys(state.values) }),
    [metricsFile],
    z.object({}),
  );
  const found = await checkpoints.restore(state);
  const metrics = await JsonlWriter.create(join(folder, metricsFile), found !== undefined);
  const step = await compilePretrainStep(state, { shape, codebooks, batch, crop, weightDecay, compute });
  const progress = startProgress(log, name, steps, 'steps');
  const first = found?.update ?? 0;
  if (first > 0) log.info(`${name}: continues after step ${first}`);
  const started = performance.now();
  let at = first;
  try {
    while (at < steps) {
      const stream = rng.fork('stretch').fork(at);
      const crops = shuffledCrops(source, crop, augment, stream.fork('crops'));
      for (const end = Math.min(steps, at + checkpoint); at < end; at++) {
        signal?.throwIfAborted();
        const { x, targets } = await nextBatch(crops, batch, crop, source);
        const hide = hiddenBatch(batch, crop >> 1, masks, stream.fork('hide').fork(at));
        const { loss, accuracy, norm } = await step.step({
          x,
          targets,
          hide,
          weight: hide.map((hidden) => (hidden > 0 ? 1 : masks.open)),
          lr: Float32Array.of(learningRateAt(at, steps, train.learningRate, train.warmUp)),
          step: Float32Array.of(at + 1),
        });
        const now = { loss: loss[0]!, accuracy: accuracy[0]! };
        if (!Number.isFinite(now.loss))
          throw new AsrError(
            'model',
            `${name}: the loss is not finite at step ${at + 1}`,
            'Lower pretrain.train.learningRate.',
          );
        if (at % metricsEvery === 0) await metrics.write({ round: name, step: at + 1, ...now, norm: norm[0] });
        const perSecond = (at + 1 - first) / ((performance.now() - started) / 1000);
        progress.update(
          at + 1,
          `${perSecond.toFixed(1)} steps/s, loss ${now.loss.toFixed(3)}, ` +
            `${(100 * now.accuracy).toFixed(0)} % of hidden frames`,
        );
      }
      await metrics.flush();
      await checkpoints.save(state, { update: at, facts: {} });
    }
  } finally {
    progress.finish();
    await metrics.close();
    await step.dispose();
  }
  return { weights: weightsOf(state, names), ...(await recentFigures(join(folder, metricsFile))) };
}

const metricSchema = z.object({ loss: z.number(), accuracy: z.number() });

/** Means over the end of the log, which is the same after an interruption. */
async function recentFigures(path: string): Promise<{ loss: number; accuracy: number }> {
  const recent: { loss: number; accuracy: number }[] = [];
  for await (const record of readJsonl(path, metricSchema)) {
    recent.push(record);
    if (recent.length > recentSteps / metricsEvery) recent.shift();
  }
  const mean = (key: 'loss' | 'accuracy'): number =>
    recent.reduce((sum, one) => sum + one[key], 0) / Math.max(1, recent.length);
  return { loss: mean('loss'), accuracy: mean('accuracy') };
}

function hiddenBatch(batch: number, rows: number, masks: PretrainConfig['masks'], rng: Rng): Float32Array {
  const hide = new Float32Array(batch * rows);
  for (let b = 0; b < batch; b++) hide.set(hiddenRows(rows, masks, rng), b * rows);
  return hide;
}
