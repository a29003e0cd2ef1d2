// N-gram matching: unit sequences of the audio and phone sentences of unrelated text in, a table of phone
// log-probabilities per unit out. Nothing links the two but their statistics. Usable alone.
import { AsrError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { held } from '../core/disposal.js';
import { tf } from '../engine/index.js';
import { compileSupervisedStep, createTrainedState, type SupervisedStep } from '../training/supervised.js';
import type { MatchingConfig } from './config.js';
import { noisySentences, textNoise } from './noise.js';
import { matchingLoss, type MatchingSizes } from './objective.js';
import { sequenceStatistics, type SequenceStatistics } from './statistics.js';

export interface MatchingInput {
  /** Unit numbers below `unitCount`, one sequence per training utterance. */
  readonly units: readonly ArrayLike<number>[];
  readonly unitCount: number;
  /** Phone numbers below `phoneCount`, without silence. */
  readonly sentences: readonly Int32Array[];
  readonly phoneCount: number;
  readonly config: MatchingConfig;
  readonly rng: Rng;
  readonly compute: Compute;
  readonly log?: Log;
  /** [unitCount, phoneCount] probabilities to start every restart from (plus a little noise); random without. */
  readonly start?: Float32Array;
  /** Called after each step with the loss that every restart had before it. */
  readonly onStep?: (step: number, losses: readonly number[]) => Promise<void> | void;
}

export interface MatchingRestart {
  readonly loss: number;
  /** [unitCount, phoneCount] natural log-probabilities; rows sum to 1 after exp. */
  readonly table: Float32Array;
}

export interface MatchingResult extends MatchingRestart {
  readonly restarts: readonly MatchingRestart[];
}

const betas = [0.9, 0.98] as const;
const randomSpread = 1; // standard deviation of the first logits: clear preferences, none of them decided
const warmSharpness = 0.5; // noise added to given logits, so that warm restarts differ

/**
 * Trains all restarts in one batch; the one with the lowest loss is the result. Cost per
 * step does not depend on the corpus.
 * @throws AsrError 'input' when there are no units, no sentences, or numbers out of range;
 * 'model' when the loss is not finite
 */
export async function matchNgrams(input: MatchingInput): Promise<MatchingResult> {
  checkInput(input);
  const { config, unitCount, phoneCount, rng } = input;
  const noise = textNoise(config, input.units, input.sentences);
  input.log?.info(
    `text noise: ${(100 * noise.deletion).toFixed(1)} % deleted, ${(100 * noise.duplication).toFixed(1)} % doubled`,
  );
  const audio = sequenceStatistics(input.units, unitCount, config.lags, config.positions);
  const text = sequenceStatistics(
    noisySentences(input.sentences, noise, config.noisePasses, rng.fork('noise')),
    phoneCount,
    config.lags,
    config.positions,
  );
  const sizes: MatchingSizes = {
    restarts: config.restarts,
    units: unitCount,
    phones: phoneCount,
    lags: config.lags,
    places: 2 * config.positions,
  };
  await using step = held(await compileMatching({ audio, text }, sizes, startLogits(input, sizes), input));
  let losses: number[] = [];
  for (let i = 1; i <= config.steps; i++) {
    const outputs = await step.step({ step: Float32Array.of(i), lr: Float32Array.of(stepSize(config, i)) });
    losses = Array.from(outputs.losses);
    if (!losses.every(Number.isFinite))
      throw new AsrError(
        'model',
        `matching: the loss is not finite at step ${i}`,
        'Lower learn.matching.learningRate.',
      );
    await input.onStep?.(i, losses);
  }
  const restarts = losses.map((loss, r) => ({ loss, table: logTable(step.state['logits']!, r, sizes) }));
  return { ...restarts.reduce((best, restart) => (restart.loss < best.loss ? restart : best)), restarts };
}

function checkInput({ units, unitCount, sentences, phoneCount }: MatchingInput): void {
  const longest = (sequences: readonly ArrayLike<number>[]): number =>
    sequences.reduce((most, s) => Math.max(most, s.length), 0);
  if (longest(units) < 2)
    throw new AsrError(
      'input',
      'matching: no training utterance has two segments',
      'Check the segments stage: is the audio speech, is it long enough?',
    );
  if (longest(sentences) < 2)
    throw new AsrError(
      'input',
      'matching: no sentence of the text has two phones',
      'Check the text stage: its stats.json says what was dropped.',
    );
  for (const [what, sequences, count] of [
    ['unit', units, unitCount],
    ['phone', sentences, phoneCount],
  ] as const) {
    for (const sequence of sequences) {
      for (let i = 0; i < sequence.length; i++) {
        const symbol = sequence[i]!;
        if (!(symbol >= 0 && symbol < count))
          throw new AsrError(
            'input',
            `matching: ${what} ${symbol} is not below ${count}`,
            'The files belong to different runs; make them again.',
          );
      }
    }
  }
}

/** Constant, then falling in a straight line over the last `decayShare` of the steps. */
function stepSize({ learningRate, steps, decayShare }: MatchingConfig, step: number): number {
  const left = (steps - step + 1) / steps;
  return learningRate * (decayShare === 0 ? 1 : Math.min(1, left / decayShare));
}

/** [K, R, V] */
function startLogits({ start, rng }: MatchingInput, { units, phones, restarts }: MatchingSizes): Float32Array {
  const logits = new Float32Array(units * restarts * phones);
  for (let r = 0; r < restarts; r++) {
    const stream = rng.fork(`start ${r}`);
    for (let k = 0; k < units; k++) {
      for (let v = 0; v < phones; v++) {
        const given = start === undefined ? 0 : Math.log(Math.max(1e-3, start[k * phones + v]!));
        const spread = start === undefined ? randomSpread : r === 0 ? 0 : warmSharpness;
        logits[(k * restarts + r) * phones + v] = given + spread * stream.normal();
      }
    }
  }
  return logits;
}

async function compileMatching(
  { audio, text }: Readonly<Record<'audio' | 'text', SequenceStatistics>>,
  sizes: MatchingSizes,
  logits: Float32Array,
  { config, compute }: Pick<MatchingInput, 'config' | 'compute'>,
): Promise<SupervisedStep<never, 'losses'>> {
  const { restarts, units, phones, lags, places } = sizes;
  return compileSupervisedStep(createTrainedState({ logits: { shape: [units, restarts, phones], init: logits } }), {
    name: 'matching',
    inputs: {},
    terms: (weights) => {
      const targets = {
        unitPairs: tf.tensor(audio.skipgrams, [lags * units, units]),
        unitPlaces: tf.tensor(audio.positional, [places, units]),
        textPairs: tf.tensor(sideBySide(text.skipgrams, lags, phones), [phones, lags * phones]),
        textPlaces: tf.tensor(text.positional, [places, 1, phones]),
      };
      const losses = matchingLoss(weights['logits'] as tf.Tensor, targets, sizes, config.positionWeight);
      return { loss: tf.sum(losses), losses };
    },
    betas,
    compute,
  });
}

/** [L, V, V] -> [V, L x V] */
function sideBySide(skipgrams: Float32Array, lags: number, count: number): Float32Array {
  const out = new Float32Array(skipgrams.length);
  for (let lag = 0; lag < lags; lag++) {
    for (let x = 0; x < count; x++) {
      const from = (lag * count + x) * count;
      out.set(skipgrams.subarray(from, from + count), (x * lags + lag) * count);
    }
  }
  return out;
}

/** Restart r's log-softmax, [K, R, V] -> [K, V]. */
function logTable(logits: Float32Array, r: number, { units, phones, restarts }: MatchingSizes): Float32Array {
  const table = new Float32Array(units * phones);
  for (let k = 0; k < units; k++) {
    const row = logits.subarray((k * restarts + r) * phones, (k * restarts + r + 1) * phones);
    const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const logSum = top + Math.log(row.reduce((sum, x) => sum + Math.exp(x - top), 0));
    for (let v = 0; v < phones; v++) table[k * phones + v] = row[v]! - logSum;
  }
  return table;
}
