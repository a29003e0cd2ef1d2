// One adversarial training of the learn stage: the corpus and a name in, a finished run folder out.
import { cp } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { held } from '../core/disposal.js';
import { AsrError } from '../core/errors.js';
import { DivergedError, trainGan, type GanResult, type SegmentSource } from '../gan/index.js';
import { auxiliaryLabels } from './auxiliary-labels.js';
import { saveGeneratorEmission } from './emission.js';
import { startFromLabels } from './gan-start.js';
import type { LearnIo, LearnRun } from './method.js';
import { writeRun } from './run-folder.js';
import { whitenSegments } from './whitened-segments.js';
import { runState, type LabelFreeScore, type Outcome } from './metric.js';

/**
 * Threads of each of several trainings: the cores divided by the seeds, and one thread where there are more seeds than
 * cores, so that sessions do not wait for each other's threads (`npm run bench -- sessions` measures the choice).
 * The last bits of a result depend on its number of threads, so this asks only for seeds and cores: the result is the
 * same whether one process trains all seeds, one after the other, or several do.
 * @param wanted compute.threads, at most which are taken; 0 = no limit
 */
export function seedThreads(seeds: number, wanted: number, cores = availableParallelism()): number {
  if (seeds === 1) return wanted;
  const share = Math.max(1, Math.floor(cores / seeds));
  return wanted === 0 ? share : Math.min(wanted, share);
}

const logFiles = ['metrics.jsonl', 'evaluations.jsonl'] as const;

/** @throws AsrError 'config' where settings of segments and of frames are mixed */
export function checkInput({ config: { gan } }: LearnIo): void {
  if (gan.input === 'frames' && gan.start !== 'random') {
    throw new AsrError(
      'config',
      `learn: gan.input is "frames", and gan.start is "${gan.start}"`,
      'Labels belong to segments: set gan.start=random, or gan.input=segments.',
    );
  }
  if (gan.input === 'segments' && gan.auxiliary.weight > 0) {
    throw new AsrError(
      'config',
      'learn: gan.auxiliary.weight is above 0, and gan.input is "segments"',
      'Auxiliary labels belong to frames: set gan.input=frames, or gan.auxiliary.weight=0.',
    );
  }
}

/** What the generator reads: vectors of segments, or the frames, each in place of a segment. */
function inputOf({ corpus, config }: LearnIo): SegmentSource {
  const source = config.gan.input === 'frames' ? corpus.frames : corpus.pooled;
  const { columns } = source;
  if (columns === undefined)
    throw new AsrError(
      'input',
      `learn: the ${config.gan.input === 'frames' ? 'features' : 'segments'} stage wrote no vectors`,
      'Run it again.',
    );
  return {
    ids: corpus.utterances.map(({ id }) => id),
    columns,
    rowsOf: (id) => source.rowsOf(id),
    read: (id) => source.read(id),
  };
}

interface GanRunOptions {
  /** Folder of the model whose labels the generator starts from. */
  readonly from?: string | undefined;
  /** Updates after which it rests. */
  readonly until?: number;
  /** Why it does not go on from there. */
  readonly dropped?: string;
}

/** One training, on the threads that a seed has. @returns its result, or where it diverged */
async function train(asked: LearnIo, name: string, { from, until }: GanRunOptions): Promise<GanResult | DivergedError> {
  const io: LearnIo = {
    ...asked,
    compute: { ...asked.compute, threads: seedThreads(asked.config.seeds, asked.compute.threads) },
  };
  const begin = performance.now();
  const {
    corpus,
    config: { gan },
  } = io;
  const { whiten } = gan.generator;
  const vectors = inputOf(io);
  await using whitened = whiten > 0 ? held(await whitenSegments(vectors, whiten, io.compute)) : undefined;
  const segments = whitened?.source ?? vectors;
  const start =
    from === undefined ? undefined : await startFromLabels(io, segments, from, io.rng.fork(`${name} start`));
  const auxiliary = gan.auxiliary.weight > 0 ? await auxiliaryLabels(io) : undefined;
  const result = await trainGan({
    segments,
    ...(start ? { start: start.weights, anchor: start.anchor } : {}),
    ...(until === undefined ? {} : { until }),
    sentences: corpus.lines,
    vocabulary: { size: corpus.phones.length, silence: corpus.phones.length - 1 },
    config: gan,
    rng: io.rng.fork(name),
    compute: io.compute,
    log: io.log.child(name),
    checkpointFolder: checkpointsOf(io, name),
    score: io.textFit,
    ...(auxiliary ? { auxiliaryLabels: (id) => auxiliary.of(id) } : {}),
    ...(io.textMetric === undefined ? {} : { textMetric: io.textMetric }),
    ...(io.signal ? { signal: io.signal } : {}),
  })
    .catch((thrown: unknown) => {
      if (thrown instanceof DivergedError) return thrown;
      throw thrown;
    })
    .finally(() => auxiliary?.dispose());
  io.log.info(
    `${name} took ${((performance.now() - begin) / 1000).toFixed(0)} s on ` +
      `${io.compute.threads === 0 ? 'all' : io.compute.threads} threads, at most ` +
      `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB of memory with its process`,
  );
  if (!whitened || result instanceof DivergedError) return result;
  return { ...result, generator: whitened.unfold(result.generator) };
}

const checkpointsOf = ({ out }: LearnIo, name: string): string => join(out, 'checkpoints', name);

/** Trains up to some updates and leaves a checkpoint. @returns what it shows there, null where it has collapsed */
export async function restGanRun(io: LearnIo, name: string, options: GanRunOptions): Promise<number | null> {
  const result = await train(io, name, options);
  if (result instanceof DivergedError || result.stopped) return null;
  const { metric } = result.best.score;
  return Number.isFinite(metric) ? metric : null;
}

/** One training to its end, or to where it was dropped. A run that diverges leaves its metrics and no model. */
export async function trainGanRun(io: LearnIo, name: string, options: GanRunOptions = {}): Promise<LearnRun> {
  const {
    corpus,
    config: { gan },
  } = io;
  const result = await train(io, name, options);
  const keepLogs = async (folder: string): Promise<void> => {
    for (const file of logFiles) await cp(join(checkpointsOf(io, name), file), join(folder, file));
  };
  if (result instanceof DivergedError) {
    const { message, update } = result;
    return writeRun(io.out, name, async (folder) => {
      await keepLogs(folder);
      return {
        name,
        method: 'gan',
        seed: name,
        loss: null,
        score: io.textFit([]),
        state: 'collapsed',
        reason: message,
        cause: 'diverged',
        updates: update,
      };
    });
  }
  const score = result.best.score as LabelFreeScore;
  const { stopped, updates } = result;
  if (stopped)
    io.log.info(`${name} was given up after ${updates} of ${gan.updates} updates: ${stopped.cause}, ${stopped.reason}`);
  return writeRun(io.out, name, async (folder) => {
    await saveGeneratorEmission(folder, corpus, result.generator, gan.input);
    await keepLogs(folder);
    const ended = stopped !== undefined || options.dropped !== undefined;
    const judged = outcomeOf(io, result, options.dropped);
    return { name, method: 'gan', seed: name, loss: null, score, ...judged, ...(ended ? { updates } : {}) };
  });
}

/** The learn stage knows more of lengths; the training knows its own bounds and its discriminator. */
function outcomeOf(
  io: LearnIo,
  { best, state, reason, cause, stopped }: GanResult,
  dropped: string | undefined,
): Outcome {
  const own = runState(best.score as LabelFreeScore, io.textMetric, io.rateRatio);
  if (state === 'collapsed' && own.state !== 'collapsed')
    return { state, reason: stopped ? `${reason} in its last evaluations` : reason, ...(cause ? { cause } : {}) };
  return dropped === undefined || own.state === 'collapsed' ? own : { state: 'unconverged', reason: dropped };
}
