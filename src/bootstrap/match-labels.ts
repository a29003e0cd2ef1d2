// Corrects the phone labels of the real speech by the text: a small network learns the phone of each labelled segment
// from what models and ear say of it, is then moved until the phone pairs that it finds are as frequent as in the text,
// held near the labels, and labels the segments anew. A synthesiser's systematic errors are the same everywhere, so
// that the text's statistics show them.
import type { Log } from '../core/log.js';
import { startProgress } from '../core/progress.js';
import type { Rng } from '../core/rng.js';
import { AsrError } from '../core/errors.js';
import type { Compute } from '../core/stage.js';
import { withoutRepeats } from '../core/without-repeats.js';
import { held } from '../core/disposal.js';
import { FrameSums, normaliseInPlace } from '../features/normalise.js';
import { noisySentences } from '../matching/noise.js';
import { sequenceStatistics } from '../matching/statistics.js';
import { compileClassifierStep, createClassifier, createSegmentLabeller, type ClassifierShape } from './classifier.js';
import { forgetMoments, type TrainedState } from '../training/supervised.js';
import type { RowLabels } from './label-store.js';
import { labelRuns, poolRuns, withNeighbours } from './segment-vectors.js';
import type { BootstrapSettings } from './settings.js';

export interface LabelMatching {
  /** Labels to correct. */
  readonly labels: RowLabels;
  /** [rows, columns] of what is known of each row of an utterance. */
  readonly describe: (id: string) => Promise<{ readonly data: Float32Array; readonly columns: number }>;
  /** Of the text, as phone numbers without silence. */
  readonly sentences: readonly Int32Array[];
  /** Phones; the number after the last is silence. */
  readonly phones: number;
  readonly config: BootstrapSettings['adapt']['matching'];
  readonly rng: Rng;
  readonly compute: Compute;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

/** Segments of one utterance. */
interface Described {
  /** [segments, columns] mean 0, variance 1 over the corpus. */
  readonly vectors: Float32Array;
  /** [segments] */
  readonly phones: Int32Array;
}

const noisePasses = 8;
const miniBatch = 256;

/**
 * @returns the labels, changed segment by segment.
 * @throws AsrError 'input' when no utterance has a segment, 'model' when the loss is not finite
 */
export async function* matchLabels(options: LabelMatching): AsyncGenerator<readonly [string, Int16Array]> {
  const { labels, phones, config, rng, compute, log } = options;
  const chosen = rng
    .fork('utterances')
    .shuffleInPlace([...labels.keys()])
    .slice(0, config.utterances);
  const sums: { all?: FrameSums } = {};
  const known: Described[] = [];
  for (const id of chosen) {
    const { vectors, columns, runs } = await vectorsOf(options, id);
    sums.all ??= new FrameSums(columns);
    sums.all.add(vectors);
    if (runs.length > 0) known.push({ vectors, phones: Int32Array.from(runs, ({ label }) => label) });
  }
  const total = known.reduce((sum, item) => sum + item.phones.length, 0);
  if (!sums.all || total < 2)
    throw new AsrError(
      'input',
      'bootstrap: no utterance has a labelled segment',
      'Is there speech in the recordings? asr run --set learn.bootstrap.adapt.matching.steps=0 goes on without.',
    );
  const { columns } = sums.all;
  for (const { vectors } of known) normaliseInPlace(vectors, sums.all);
  const shape = { columns: 3 * columns, hidden: config.hidden, phones };
  const state = createClassifier(shape, rng.fork('weights'));
  const segments = { known, columns, total };
  await learnLabels(options, state, shape, segments);
  const agreed = await learnText(options, state, shape, segments);
  log.info(`matched to the text: pairs ${agreed.first.toFixed(3)} -> ${agreed.last.toFixed(3)}`);
  await using labeller = held(await createSegmentLabeller(state, shape, compute));
  for (const [id, own] of labels) {
    const { vectors, runs } = await vectorsOf(options, id);
    normaliseInPlace(vectors, sums.all);
    const found = await labeller.label(withNeighbours(vectors, columns));
    const changed = own.slice();
    runs.forEach(({ first, end }, r) => {
      changed.fill(found[r]!, first, end);
    });
    yield [id, changed];
  }
}

async function vectorsOf(
  { labels, describe, phones, signal }: LabelMatching,
  id: string,
): Promise<{ vectors: Float32Array; columns: number; runs: ReturnType<typeof labelRuns> }> {
  signal?.throwIfAborted();
  const { data, columns } = await describe(id);
  const runs = labelRuns(labels.get(id)!, phones);
  return { vectors: poolRuns(runs, data, columns), columns: columns + 1, runs };
}

/** Utterances with their labelled segments. */
interface KnownSegments {
  readonly known: readonly Described[];
  /** Of a segment alone, without its neighbours. */
  readonly columns: number;
  /** Segments. */
  readonly total: number;
}

/** Passes over all segments in mini-batches. */
async function learnLabels(
  { config, rng, compute, signal }: LabelMatching,
  state: TrainedState,
  shape: ClassifierShape,
  { known, columns, total }: KnownSegments,
): Promise<void> {
  const rows = Math.min(miniBatch, total);
  await using step = held(await compileClassifierStep(state, shape, rows, undefined, compute));
  const places = known.flatMap(({ phones }, u) => Array.from(phones, (_, s): [number, number] => [u, s]));
  const wide = known.map(({ vectors }) => withNeighbours(vectors, columns));
  const x = new Float32Array(rows * shape.columns);
  const links = new Float32Array(rows);
  for (let epoch = 0, n = 1; epoch < config.epochs; epoch++) {
    const order = rng
      .fork('order')
      .fork(epoch)
      .shuffleInPlace([...places]);
    for (let from = 0; from + rows <= order.length; from += rows, n++) {
      signal?.throwIfAborted();
      const targets = new Float32Array(rows * shape.phones);
      for (let r = 0; r < rows; r++) {
        const [u, s] = order[from + r]!;
        x.set(wide[u]!.subarray(s * shape.columns, (s + 1) * shape.columns), r * shape.columns);
        targets[r * shape.phones + known[u]!.phones[s]!] = 1;
      }
      await step.step({ x, targets, links, lr: Float32Array.of(config.labelRate), step: Float32Array.of(n) });
    }
  }
}

/** Steps over many utterances at once: their pairs must be enough to have frequencies. */
async function learnText(
  { sentences, phones, config, rng, compute, log, signal }: LabelMatching,
  state: TrainedState,
  shape: ClassifierShape,
  { known, columns, total }: KnownSegments,
): Promise<{ first: number; last: number }> {
  const { lags, steps, batch, labelWeight, learningRate } = config;
  const rows = Math.max(lags + 1, Math.min(total, Math.round((total / known.length) * batch)));
  const text = sequenceStatistics(
    // A run of labels is one segment, however often its phone is said.
    noisySentences(
      sentences.map((sentence) => Int32Array.from(withoutRepeats(sentence))),
      config,
      noisePasses,
      rng.fork('noise'),
    ),
    phones,
    lags,
    0,
  ).skipgrams;
  // What Adam remembers of the labels alone says nothing of the other loss.
  forgetMoments(state);
  const step = await compileClassifierStep(state, shape, rows, { text, lags, labelWeight }, compute);
  const progress = startProgress(log, 'matching to the text', steps, 'steps');
  const history: number[] = [];
  try {
    for (let n = 1; n <= steps; n++) {
      signal?.throwIfAborted();
      const feeds = matchingBatch(
        rng
          .fork('batch')
          .fork(n)
          .shuffleInPlace([...known]),
        rows,
        columns,
        shape,
        lags,
      );
      const { crossEntropy, matching } = await step.step({
        ...feeds,
        lr: Float32Array.of(learningRate),
        step: Float32Array.of(n),
      });
      if (!Number.isFinite(matching[0]) || !Number.isFinite(crossEntropy[0]))
        throw new AsrError(
          'model',
          `bootstrap: the matching loss is not finite at step ${n}`,
          'Lower learn.bootstrap.adapt.matching.learningRate.',
        );
      history.push(matching[0]!);
      progress.update(n, `pairs ${matching[0]!.toFixed(3)}, labels ${crossEntropy[0]!.toFixed(3)}`);
    }
  } finally {
    progress.finish();
    await step.dispose();
  }
  return { first: history[0] ?? NaN, last: history.at(-1) ?? NaN };
}

/** Utterances one after the other until the rows are full; rows that stay empty are linked to nothing. */
export function matchingBatch(
  utterances: readonly Described[],
  rows: number,
  columns: number,
  { phones, columns: width }: ClassifierShape,
  lags: number,
): { x: Float32Array; targets: Float32Array; links: Float32Array } {
  const x = new Float32Array(rows * width);
  const targets = new Float32Array(rows * phones);
  const links = new Float32Array(rows * lags);
  let at = 0;
  for (const utterance of utterances) {
    const count = Math.min(utterance.phones.length, rows - at);
    if (count <= 0) break;
    x.set(withNeighbours(utterance.vectors, columns).subarray(0, count * width), at * width);
    for (let s = 0; s < count; s++) {
      targets[(at + s) * phones + utterance.phones[s]!] = 1;
      for (let k = 1; k <= lags && s + k < count; k++) links[(at + s) * lags + k - 1] = 1;
    }
    at += count;
  }
  return { x, targets, links };
}
