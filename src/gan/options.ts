// What an adversarial training is given, and which of its utterances and lines can be trained on.
import { AsrError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { generatorPadding, type GanConfig } from './config.js';
import type { ScoreTranscripts, Vocabulary } from './evaluate.js';
import type { SegmentSource } from './segment-source.js';

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
  /** The labels of an utterance's segments that it starts from, -1 where there is none; where there is an anchor. */
  readonly anchor?: (id: string) => Int32Array;
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
  /**
   * Updates after which it rests with a checkpoint, from which the same call without this goes on to the same bytes as
   * in one go; a multiple of `evaluateEvery`.
   */
  readonly until?: number;
}

export function usable({ segments, sentences, vocabulary, config, log, auxiliaryLabels }: GanOptions): {
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
  if (config.anchor.weight > 0 && config.start === 'random')
    throw new AsrError(
      'config',
      'gan: anchor.weight is above 0, and start is "random"',
      'An anchor holds on to labels: set gan.start=matching or run, or gan.anchor.weight=0.',
    );
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
