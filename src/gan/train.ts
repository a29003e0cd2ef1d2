// Adversarial training from segment vectors and phone sentences to a generator: batch, forward pass, JOIN, step,
// metrics, evaluation, checkpoint. Same inputs and seed give the same bytes, also after an interruption.
// Method: wav2vec-U, Baevski et al., NeurIPS 2021, arXiv 2105.11084.
import { join } from 'node:path';
import { AsrError } from '../core/errors.js';
import { hashJson, hashText } from '../core/fingerprint.js';
import { JsonlWriter } from '../core/jsonl.js';
import type { Log } from '../core/log.js';
import { startProgress } from '../core/progress.js';
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { bucketLength, SessionCache } from '../engine/index.js';
import { Batches, bucketRows } from './batches.js';
import { CheckpointFolder } from './checkpoint.js';
import { generatorPadding, type GanConfig } from './config.js';
import { givenUp, type Collapse } from './collapse.js';
import { decodeGreedy, type ScoreTranscripts, type Vocabulary } from './evaluate.js';
import { batchLogits, discriminatorFeeds, generatorFeeds, joinBatch, learningRateShare, textLength } from './feeds.js';
import { ForwardPass } from './forward-pass.js';
import { argmaxRows, joinWeights, phonesOnly, splitWeights } from './generator.js';
import { isPlain } from './generator-network.js';
import { requireFinite, updateMetrics, type UpdateMetrics } from './metrics.js';
import { judge, type Evaluation, type GanResult } from './result.js';
import { CachedSegments, spread, type SegmentSource } from './segment-source.js';
import {
  compileDiscriminatorStep,
  compileGeneratorStep,
  createGanState,
  type DiscriminatorStep,
  type GanShape,
  type GeneratorStep,
  type StepSize,
} from './step.js';

export interface GanOptions {
  readonly segments: SegmentSource;
  /** Lines of unpaired text as phone indexes, silence included. Empty lines are left out. */
  readonly sentences: readonly Int32Array[];
  readonly vocabulary: Vocabulary;
  readonly config: GanConfig;
  readonly rng: Rng;
  /**
   * Generator weights [kernel * columns, classes] to start from; the discriminator
   * then trains alone for `warmUp` updates.
   */
  readonly start?: Float32Array;
  readonly compute: Compute;
  readonly log: Log;
  /**
   * Holds checkpoints, `metrics.jsonl` (one line an update) and `evaluations.jsonl`; continued
   * when it has a checkpoint of this run.
   */
  readonly checkpointFolder: string;
  readonly score: ScoreTranscripts;
  /** The metric of held-out text, to compare the best one with. */
  readonly textMetric?: number;
  /** Auxiliary labels of an utterance's segments, where config.auxiliary.weight is above 0. */
  readonly auxiliaryLabels?: (id: string) => Promise<Int32Array>;
  readonly signal?: AbortSignal;
}

/** Weight of the past in the mean of the discriminator's accuracy, each time that it is trained. */
const forgetting = 0.95;

const logNames = { metrics: 'metrics.jsonl', evaluations: 'evaluations.jsonl' } as const;

/**
 * Trains one run.
 * @throws AsrError 'input' when there is nothing to train on or a phone is out of
 * range, DivergedError when a number stops
 *   being finite, 'interrupted' when the signal fires (after a checkpoint)
 */
export async function trainGan(options: GanOptions): Promise<GanResult> {
  const training = await GanTraining.start(options);
  try {
    return await training.run();
  } finally {
    await training.close();
  }
}

function usable({ segments, sentences, vocabulary, config, log, auxiliaryLabels }: GanOptions): {
  ids: string[];
  columns: number;
  sentences: Int32Array[];
} {
  if (config.auxiliary.weight > 0 && (!auxiliaryLabels || !config.generator.residual)) {
    throw new AsrError(
      'config',
      'gan: auxiliary.weight is above 0',
      'It needs ' +
        (auxiliaryLabels
          ? 'generator.residual=true, whose output the labels are told from'
          : 'labels, which this pipeline does not make') +
        '.',
    );
  }
  const shortest = Math.max(config.minSegments, config.generator.kernel - 2 * generatorPadding(config.generator));
  const ids = segments.ids.filter((id) => segments.rowsOf(id) >= shortest);
  const lines = sentences.filter((line) => line.length > 0);
  if (ids.length === 0 || segments.columns === undefined)
    throw new AsrError(
      'input',
      `gan: none of ${segments.ids.length} utterances has ${shortest} segments or more`,
      'Give more audio, or check the segments stage.',
    );
  if (lines.length === 0) throw new AsrError('input', 'gan: there is no line of text', 'Check the text stage.');
  for (const line of lines) {
    const wrong = line.find((phone) => phone < 0 || phone >= vocabulary.size);
    if (wrong !== undefined)
      throw new AsrError(
        'input',
        `gan: a line of text holds phone ${wrong}, the vocabulary has ${vocabulary.size}`,
        'Make the text stage again.',
      );
  }
  if (ids.length < segments.ids.length)
    log.info(`${segments.ids.length - ids.length} utterances under ${shortest} segments are left out`);
  return { ids, columns: segments.columns, sentences: lines };
}

const indecisive: readonly string[] = [
  'updates',
  'checkpointEvery',
  'sessions',
  'cacheMiB',
  'collapse',
] satisfies (keyof GanConfig)[];

/** What decides the bytes of a run; how long it goes on and how it is kept do not. */
function runKey(
  { config, rng, vocabulary, start }: GanOptions,
  shape: GanShape,
  ids: readonly string[],
  sentences: readonly Int32Array[],
): string {
  // Where the learning rate falls depends on how long the training is to be.
  const forgotten = indecisive.filter((name) => name !== 'updates' || config.lrDecay === 0);
  const decisive = Object.fromEntries(Object.entries(config).filter(([name]) => !forgotten.includes(name)));
  const startHash =
    start === undefined
      ? {}
      : { start: hashText(Buffer.from(start.buffer, start.byteOffset, start.byteLength).toString('base64')) };
  return hashJson({
    decisive,
    ...startHash,
    seed: rng.state,
    vocabulary,
    shape,
    ids,
    lines: sentences.length,
    phones: sentences.reduce((sum, line) => sum + line.length, 0),
  });
}

/**
 * The network that an update trains, and its how-manieth step it is: in turn, after
 * `warmUp` steps of the discriminator.
 */
export function turnOf(update: number, warmUp: number): { network: UpdateMetrics['network']; step: number } {
  if (update < warmUp) return { network: 'discriminator', step: update + 1 };
  const turn = update - warmUp;
  const step = Math.floor(turn / 2) + 1;
  return turn % 2 === 0 ? { network: 'generator', step } : { network: 'discriminator', step: warmUp + step };
}

class GanTraining {
  #update = 0;
  #evaluations: Evaluation[] = [];
  #best: { update: number; w: Float32Array } | undefined;
  /** Of the discriminator, a mean that forgets. */
  #accuracy: number | undefined;
  readonly #phonesPerLine: number;

  private constructor(
    private readonly options: GanOptions,
    private readonly shape: GanShape,
    private readonly data: { readonly ids: string[]; readonly sentences: Int32Array[] },
    private readonly segments: CachedSegments,
    private readonly batches: Batches,
    private readonly state: ReturnType<typeof createGanState>,
    private readonly forward: ForwardPass,
    private readonly steps: SessionCache<
      StepSize & { network: UpdateMetrics['network'] },
      DiscriminatorStep | GeneratorStep
    >,
    private readonly folder: CheckpointFolder,
    private readonly logs: { metrics: JsonlWriter; evaluations: JsonlWriter },
  ) {
    const { silence } = options.vocabulary;
    this.#phonesPerLine =
      data.sentences.reduce((sum, line) => sum + line.filter((phone) => phone !== silence).length, 0) /
      data.sentences.length;
  }

  static async start(options: GanOptions): Promise<GanTraining> {
    const { config, rng, compute, vocabulary, checkpointFolder } = options;
    const { ids, columns, sentences } = usable(options);
    const shape: GanShape = {
      batch: Math.min(config.batch, ids.length),
      columns,
      classes: vocabulary.size + config.specials,
    };
    const { dropout } = config.generator;
    const segments = new CachedSegments(options.segments, config.cacheMiB * 2 ** 20);
    const batches = new Batches(
      segments,
      {
        ids,
        columns,
        sentences,
        batch: shape.batch,
        pad: generatorPadding(config.generator),
        dropout,
        masked: !isPlain(config),
        ...(config.auxiliary.weight > 0 && options.auxiliaryLabels ? { labelsOf: options.auxiliaryLabels } : {}),
      },
      rng.fork('batches'),
    );
    const state = createGanState(shape, config, rng.fork('weights'));
    if (options.start) state.set({ 'g.w': options.start });
    const folder = new CheckpointFolder(
      checkpointFolder,
      runKey(options, shape, ids, sentences),
      Object.values(logNames),
    );
    const found = await folder.restore(state);
    const forward = new ForwardPass(state, config, shape, compute);
    const steps = new SessionCache<StepSize & { network: UpdateMetrics['network'] }, DiscriminatorStep | GeneratorStep>(
      config.sessions,
      ({ network, ...size }) =>
        (network === 'generator' ? compileGeneratorStep : compileDiscriminatorStep)(
          state,
          shape,
          config,
          size,
          compute,
        ),
    );
    const openLog = (name: string): Promise<JsonlWriter> =>
      JsonlWriter.create(join(checkpointFolder, name), found !== undefined);
    const logs = { metrics: await openLog(logNames.metrics), evaluations: await openLog(logNames.evaluations) };
    const training = new GanTraining(
      options,
      shape,
      { ids, sentences },
      segments,
      batches,
      state,
      forward,
      steps,
      folder,
      logs,
    );
    if (found) {
      training.#update = found.update;
      training.#evaluations = [...found.evaluations];
      training.#best = found.best;
      training.#accuracy = found.discriminatorAccuracy;
      options.log.info(`continues after update ${found.update}`);
    }
    return training;
  }

  async close(): Promise<void> {
    await this.steps.clear();
    await this.forward.dispose();
    for (const log of Object.values(this.logs)) await log.close();
  }

  async run(): Promise<GanResult> {
    const { config, log, signal } = this.options;
    const progress = startProgress(log, 'gan', config.updates, 'updates');
    try {
      // What it starts from is a candidate too: polishing never makes the result worse by the metric.
      if (this.options.start && this.#evaluations.length === 0) await this.#evaluate();
      while (this.#update < config.updates && !this.#stopped()) {
        if (signal?.aborted) {
          await this.#save();
          throw new AsrError(
            'interrupted',
            `gan: interrupted after update ${this.#update}`,
            'The same command continues from there.',
          );
        }
        const metrics = await this.#train(this.#update);
        if (this.#update % config.metricsEvery === 0) {
          await this.logs.metrics.write(metrics);
          // A line is nothing beside an update, and who watches a run wants to see where it goes wrong.
          await this.logs.metrics.flush();
        }
        this.#update++;
        const last = this.#update === config.updates;
        if (last || this.#update % config.evaluateEvery === 0) await this.#evaluate();
        if (last || this.#update % config.checkpointEvery === 0 || this.#stopped()) await this.#save();
        progress.update(this.#update, this.#note());
      }
    } finally {
      progress.finish();
    }
    if (!this.#best) await this.#evaluate();
    return this.#result();
  }

  #stopped(): Collapse | undefined {
    return givenUp(this.#evaluations, this.#phonesPerLine, this.options.config.collapse);
  }

  #note(): string {
    const best = this.#evaluations.find(({ update }) => update === this.#best?.update);
    return best ? `best metric ${best.score.metric.toFixed(2)} after ${best.update}` : '';
  }

  /** One update: even ones move the generator, odd ones the discriminator. Each draws a batch of its own. */
  async #train(update: number): Promise<UpdateMetrics> {
    const { config, rng, vocabulary } = this.options;
    const { network, step: adamStep } = turnOf(update, this.options.start ? config.warmUp : 0);
    const batch = await this.batches.at(update);
    const { classes } = this.shape;
    const logits = await batchLogits(batch, config, classes, this.forward);
    const joined = joinBatch(
      logits.map((values) => argmaxRows(values, values.length / classes, classes)),
      config,
      rng.fork('join').fork(update),
    );
    const longest = network === 'generator' ? joined.paddedLength : Math.max(joined.paddedLength, textLength(batch));
    const isBetween = network === 'discriminator' && (adamStep - 1) % config.gradientPenaltyEvery !== 0;
    const size = {
      length: bucketLength(longest),
      rows: bucketRows(batch.rows),
      ...(isBetween ? { unpenalised: true } : {}),
    };
    const step = await this.steps.get({ network, ...size });
    const pace = { adamStep, lrShare: learningRateShare(update, config) };
    const outputs: Record<string, Float32Array> =
      network === 'generator'
        ? await (step as GeneratorStep).step(generatorFeeds(batch, logits, joined, this.shape, config, size, pace))
        : await (step as DiscriminatorStep).step(
            discriminatorFeeds(
              batch,
              logits,
              joined,
              this.shape,
              config,
              size,
              pace,
              vocabulary.size,
              rng.fork('mix').fork(update),
            ),
          );
    // Weights moved last: what is wrong with them is seen here, and not as a loss of the next update.
    const moved = Object.entries(this.state.values).filter(([name]) =>
      name.startsWith(network === 'generator' ? 'g.' : 'd.'),
    );
    requireFinite(update, network, [
      ...logits.map((values) => ['logits', values] as const),
      ...Object.entries(outputs),
      ...moved,
    ]);
    if (isBetween) delete outputs['gradientPenalty']; // it was not looked at
    const metrics = updateMetrics(update, network, outputs, batch, joined, classes, config.clipNorm);
    if (network === 'discriminator')
      this.#accuracy =
        forgetting * (this.#accuracy ?? 0.5) + (1 - forgetting) * Number(metrics['discriminatorAccuracy'] ?? 0.5);
    return metrics;
  }

  async #evaluate(): Promise<void> {
    const { config, score, vocabulary } = this.options;
    const weights = this.forward.weights();
    const ids = spread(this.data.ids, config.evaluationUtterances);
    const sequences = await decodeGreedy(this.segments, ids, weights, this.forward.projector, vocabulary);
    const phonesPerUtterance = sequences.reduce((sum, sequence) => sum + sequence.length, 0) / sequences.length;
    const evaluation: Evaluation = {
      update: this.#update,
      score: await score(sequences),
      phonesPerUtterance,
      ...(this.#accuracy === undefined ? {} : { discriminatorAccuracy: this.#accuracy }),
    };
    const best = this.#evaluations.find(({ update }) => update === this.#best?.update);
    if (!best || evaluation.score.metric < best.score.metric)
      this.#best = { update: this.#update, w: joinWeights(weights) };
    this.#evaluations.push(evaluation);
    await this.logs.evaluations.write({
      update: evaluation.update,
      phonesPerUtterance,
      ...(this.#accuracy === undefined ? {} : { discriminatorAccuracy: this.#accuracy }),
      ...evaluation.score,
    });
  }

  async #save(): Promise<void> {
    for (const log of Object.values(this.logs)) await log.flush();
    await this.folder.save(this.state, {
      update: this.#update,
      evaluations: this.#evaluations,
      discriminatorAccuracy: this.#accuracy,
      best: this.#best,
    });
  }

  #result(): GanResult {
    const { config, vocabulary, textMetric } = this.options;
    const best = this.#evaluations.find(({ update }) => update === this.#best?.update)!;
    const stopped = this.#stopped();
    return {
      generator: phonesOnly(splitWeights(this.forward.weights(), this.#best!.w), vocabulary.size),
      best,
      evaluations: this.#evaluations,
      updates: this.#update,
      ...(stopped ? { stopped } : {}),
      ...judge(best, this.#phonesPerLine, config.collapse, textMetric, stopped, this.#evaluations.at(-1)),
    };
  }
}
