// Adversarial training from segment vectors and phone sentences to a generator: batch, forward pass, JOIN, step,
// metrics, evaluation, checkpoint. Same inputs and seed give the same bytes, also after an interruption.
// Method: wav2vec-U, Baevski et al., NeurIPS 2021, arXiv 2105.11084.
import { AsrError } from '../core/errors.js';
import { startProgress } from '../core/progress.js';
import { bucketLength } from '../engine/index.js';
import { adversaryOf } from './adversaries.js';
import { bucketRows } from './batches.js';
import { paceOf } from './course.js';
import { givenUp, type Collapse } from './collapse.js';
import { decodeGreedy } from './evaluate.js';
import { batchLogits, discriminatorFeeds, generatorFeeds, joinBatch, textLength } from './feeds.js';
import { argmaxRows, joinWeights, phonesOnly, splitWeights } from './generator.js';
import { requireFinite, updateMetrics, type UpdateMetrics } from './metrics.js';
import type { GanOptions } from './options.js';
import { outcomeOf, type GanResult } from './result.js';
import type { GeneratorEvaluation } from './evaluate.js';
import { turnOf } from './schedule.js';
import { spread } from './segment-source.js';
import type { DiscriminatorStep, GeneratorStep } from './step.js';
import { openTraining, type TrainingParts } from './training-parts.js';

/** Weight of the past in the mean of the discriminator's accuracy, each time that it is trained. */
const forgetting = 0.95;

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

class GanTraining {
  #update = 0;
  #evaluations: GeneratorEvaluation[] = [];
  #best: { update: number; w: Float32Array } | undefined;
  /** Of the discriminator, a mean that forgets. */
  #accuracy: number | undefined;
  readonly #phonesPerLine: number;

  private constructor(
    private readonly options: GanOptions,
    private readonly parts: TrainingParts,
  ) {
    const { silence } = options.vocabulary;
    const { sentences, found } = parts;
    this.#phonesPerLine =
      sentences.reduce((sum, line) => sum + line.filter((phone) => phone !== silence).length, 0) / sentences.length;
    if (!found) return;
    this.#update = found.update;
    this.#evaluations = [...found.facts.evaluations];
    this.#best = found.best;
    this.#accuracy = found.facts.discriminatorAccuracy;
    options.log.info(`continues after update ${found.update}`);
  }

  static async start(options: GanOptions): Promise<GanTraining> {
    return new GanTraining(options, await openTraining(options));
  }

  async close(): Promise<void> {
    await this.parts.steps.clear();
    await this.parts.forward.dispose();
    for (const log of Object.values(this.parts.logs)) await log.close();
  }

  async run(): Promise<GanResult> {
    const { config, log, signal, until = config.updates } = this.options;
    const progress = startProgress(log, 'gan', config.updates, 'updates');
    try {
      // What it starts from is a candidate too: polishing never makes the result worse by the metric.
      if (this.options.start && this.#evaluations.length === 0) await this.#evaluate();
      while (this.#update < Math.min(until, config.updates) && !this.#stopped()) {
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
          await this.parts.logs.metrics.write(metrics);
          // A line is nothing beside an update, and who watches a run wants to see where it goes wrong.
          await this.parts.logs.metrics.flush();
        }
        this.#update++;
        const last = this.#update === config.updates;
        if (last || this.#update % config.evaluateEvery === 0) await this.#evaluate();
        const saves = last || this.#update === until || this.#update % config.checkpointEvery === 0;
        if (saves || this.#stopped()) await this.#save();
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
    const { classes } = this.parts.shape;
    // First, because a batch's arrays are reused by the next.
    const otherLogits =
      network === 'generator' && config.consistency > 0
        ? await batchLogits(await this.parts.batches.at(update, 1), config, classes, this.parts.forward)
        : [];
    const batch = await this.parts.batches.at(update);
    const logits = await batchLogits(batch, config, classes, this.parts.forward);
    const joined = joinBatch(
      logits.map((values) => argmaxRows(values, values.length / classes, classes)),
      config,
      rng.fork('join').fork(update),
    );
    const readsText = network === 'discriminator' || adversaryOf(config).paired;
    const longest = readsText ? Math.max(joined.paddedLength, textLength(batch)) : joined.paddedLength;
    const isBetween = network === 'discriminator' && (adamStep - 1) % config.gradientPenaltyEvery !== 0;
    const size = {
      length: bucketLength(longest),
      rows: bucketRows(batch.rows),
      ...(isBetween ? { unpenalised: true } : {}),
    };
    const step = await this.parts.steps.get({ network, ...size });
    const { shape, pairShares } = this.parts;
    const pace = paceOf(update, adamStep, config);
    const vocabularySize = vocabulary.size;
    const material = { batch, logits, otherLogits, joined, shape, config, size, pace, vocabularySize, pairShares };
    const outputs: Record<string, Float32Array> =
      network === 'generator'
        ? await (step as GeneratorStep).step(generatorFeeds(material))
        : await (step as DiscriminatorStep).step(discriminatorFeeds(material, rng.fork('mix').fork(update)));
    // Weights moved last: what is wrong with them is seen here, and not as a loss of the next update.
    const moved = Object.entries(this.parts.state.values).filter(([name]) =>
      name.startsWith(network === 'generator' ? 'g.' : 'd.'),
    );
    requireFinite(update, network, [
      ...logits.map((values) => ['logits', values] as const),
      ...Object.entries(outputs),
      ...moved,
    ]);
    if (isBetween) delete outputs['gradientPenalty']; // it was not looked at
    const metrics = updateMetrics({ update, network }, outputs, material);
    if (network === 'discriminator')
      this.#accuracy =
        forgetting * (this.#accuracy ?? 0.5) + (1 - forgetting) * Number(metrics['discriminatorAccuracy'] ?? 0.5);
    return metrics;
  }

  async #evaluate(): Promise<void> {
    const { config, score, vocabulary } = this.options;
    const weights = this.parts.forward.weights();
    const ids = spread(this.parts.ids, config.evaluationUtterances);
    const sequences = await decodeGreedy(this.parts.segments, ids, weights, this.parts.forward.projector, vocabulary);
    const phonesPerUtterance = sequences.reduce((sum, sequence) => sum + sequence.length, 0) / sequences.length;
    const evaluation: GeneratorEvaluation = {
      update: this.#update,
      score: await score(sequences),
      phonesPerUtterance,
      ...(this.#accuracy === undefined ? {} : { discriminatorAccuracy: this.#accuracy }),
    };
    const best = this.#evaluations.find(({ update }) => update === this.#best?.update);
    if (!best || evaluation.score.metric < best.score.metric)
      this.#best = { update: this.#update, w: joinWeights(weights) };
    this.#evaluations.push(evaluation);
    await this.parts.logs.evaluations.write({
      update: evaluation.update,
      phonesPerUtterance,
      ...(this.#accuracy === undefined ? {} : { discriminatorAccuracy: this.#accuracy }),
      ...evaluation.score,
    });
  }

  async #save(): Promise<void> {
    for (const log of Object.values(this.parts.logs)) await log.flush();
    await this.parts.folder.save(this.parts.state, {
      update: this.#update,
      best: this.#best,
      facts: { evaluations: this.#evaluations, discriminatorAccuracy: this.#accuracy },
    });
  }

  #result(): GanResult {
    const { config, vocabulary, textMetric } = this.options;
    const best = this.#evaluations.find(({ update }) => update === this.#best?.update)!;
    const stopped = this.#stopped();
    return {
      generator: phonesOnly(splitWeights(this.parts.forward.weights(), this.#best!.w), vocabulary.size),
      best,
      evaluations: this.#evaluations,
      updates: this.#update,
      ...(stopped ? { stopped } : {}),
      ...outcomeOf(best, {
        phonesPerLine: this.#phonesPerLine,
        config: config.collapse,
        textMetric,
        stopped,
        latest: this.#evaluations.at(-1),
      }),
    };
  }
}
