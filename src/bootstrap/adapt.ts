// From a network of synthetic speech to one of the real speech, without labels: network and language model label the
// recordings, Gaussians learn from these labels and judge with it, and the network of synthetic speech trains on what
// they say together, corrected by the text. Each round starts from that network again: one that trains on its own labels
// keeps its errors.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../core/log.js';
import type { Rng } from '../core/rng.js';
import { ShardReader } from '../core/shards.js';
import type { Compute } from '../core/stage.js';
import { cepstraColumns, rowCepstra } from './cepstra.js';
import type { BootstrapConfig } from './config.js';
import type { LabelledSource } from './crops.js';
import { createJudge, type Judges } from './judges.js';
import { storedLabels, type RowLabels } from './label-store.js';
import { fitToSpeech, listen, type RealFrames } from './listener.js';
import { matchLabels } from './match-labels.js';
import { trainMixtures } from './mixtures.js';
import type { NetworkShape } from './network.js';
import { createSearch, type PhoneGraph } from './search.js';
import { sideBySide } from './segment-vectors.js';
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
  /** Of the text, as phone numbers without silence. */
  readonly sentences: readonly Int32Array[];
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
 * @param onRound gets what each round listens with, the first being the network of synthetic speech, what it hears, and in
 * which share of the speech network and Gaussians agree without each other and without the language model
 */
export async function adapt(
  options: AdaptOptions,
  onRound: (round: number, judges: Required<Judges>, heard: RowLabels, agreement: number) => Promise<void>,
): Promise<void> {
  const { config, shape, frames, ids, rng, compute, folder, signal, log } = options;
  const { rounds, epochs, learningRate, synthetic, components } = config.adapt;
  const posteriors = join(folder, 'posteriors');
  let parameters = options.start;
  let learned: RowLabels | undefined;
  for (let round = 0; ; round++) {
    signal?.throwIfAborted();
    log.info(`round ${round}: listening to ${ids.length} utterances`);
    const place = join(folder, `round-${round}`);
    const network = await fitToSpeech(
      shape,
      parameters,
      frames,
      ids,
      config.train.crop,
      rng.fork('moments').fork(round),
      compute,
    );
    const { logPrior } = await listen(network, frames, ids, posteriors, compute, () => signal?.throwIfAborted());
    const before: RowLabels =
      learned ??
      (await storedLabels(join(place, 'network'), () => labelsOf(options, posteriors, { network, logPrior })));
    const mixtures = await trainMixtures(() => labelledCepstra(frames, before, shape.bands, signal), {
      classes: shape.classes,
      dim: cepstraColumns,
      components,
      passes: mixturePasses,
      varianceFloor,
    });
    const judges = { network, logPrior, mixtures };
    const heard = await storedLabels(join(place, 'together'), () => labelsOf(options, posteriors, judges));
    await onRound(round, judges, heard, await agreementOf(options, posteriors, judges, heard));
    if (round === rounds) break;
    learned =
      config.adapt.matching.steps === 0
        ? heard
        : await storedLabels(join(place, 'matched'), () =>
            matchedLabels(options, posteriors, judges, heard, rng.fork('matching').fork(round)),
          );
    const crops = Math.min(config.train.batch, Math.max(1, Math.round(config.train.batch * (1 - synthetic))));
    const parts = [
      {
        source: labelledFramesSource(frames, learned, options.synthetic.hopSeconds),
        crops,
        augment: config.adapt.augment,
      },
    ];
    if (crops < config.train.batch)
      parts.push({ source: options.synthetic, crops: config.train.batch - crops, augment: config.augment });
    parameters = await trainNetwork({
      name: `round ${round + 1}`,
      shape,
      start: options.start,
      parts,
      epochs,
      learningRate,
      config,
      rng: rng.fork('round').fork(round + 1),
      compute,
      log,
      folder: join(place, 'training'),
      ...(signal ? { signal } : {}),
    });
  }
  await rm(posteriors, { recursive: true, force: true });
}

async function* labelsOf(
  { ids, frames, graph, config, compute, signal }: AdaptOptions,
  folder: string,
  judges: Judges,
): AsyncGenerator<readonly [string, Int16Array]> {
  const search = createSearch(graph, config.decode);
  const judge = await createJudge(judges, { ...config.decode, ...config.adapt }, compute);
  const posteriors = await ShardReader.open(folder);
  try {
    for (const id of ids) {
      signal?.throwIfAborted();
      const { data, rows } = await posteriors.read(id);
      const real = await frames.read(id);
      yield [id, search(await judge.judge(data, real.data, real.rows), rows).rows];
    }
  } finally {
    await posteriors.close();
    await judge.dispose();
  }
}

/** Over the rows in which something was heard. */
async function agreementOf(
  { frames, config, compute, signal }: AdaptOptions,
  folder: string,
  judges: Judges,
  heard: RowLabels,
): Promise<number> {
  const judge = await createJudge(judges, { ...config.decode, ...config.adapt }, compute);
  const posteriors = await ShardReader.open(folder);
  const sum = { agreed: 0, rows: 0 };
  try {
    for (const [id, labels] of heard) {
      signal?.throwIfAborted();
      const { data } = await posteriors.read(id);
      const real = await frames.read(id);
      const { agreed, rows } = await judge.agreement(data, real.data, real.rows, labels);
      sum.agreed += agreed;
      sum.rows += rows;
    }
  } finally {
    await posteriors.close();
    await judge.dispose();
  }
  return sum.agreed / Math.max(1, sum.rows);
}

/** A row is described by what network and Gaussians say of it together, by the network alone, and by its cepstra. */
async function* matchedLabels(
  { frames, shape, sentences, config, compute, log, signal }: AdaptOptions,
  folder: string,
  judges: Judges,
  labels: RowLabels,
  rng: Rng,
): AsyncGenerator<readonly [string, Int16Array]> {
  const judge = await createJudge(judges, { ...config.decode, ...config.adapt }, compute);
  const posteriors = await ShardReader.open(folder);
  const { classes, bands } = shape;
  try {
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
          { data: await judge.judge(data, real.data, real.rows), columns: classes },
          { data, columns: classes },
          { data: rowCepstra(real.data, real.rows, bands), columns: cepstraColumns },
        ];
        return { data: sideBySide(parts, rows), columns: 2 * classes + cepstraColumns };
      },
    });
  } finally {
    await posteriors.close();
    await judge.dispose();
  }
}

async function* labelledCepstra(
  frames: RealFrames,
  labels: RowLabels,
  bands: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ data: Float32Array; labels: Int16Array }> {
  for (const [id, own] of labels) {
    signal?.throwIfAborted();
    const { data, rows } = await frames.read(id);
    yield { data: rowCepstra(data, rows, bands), labels: own };
  }
}
