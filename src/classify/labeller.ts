// What gives labels to texts: the baseline or a network. A text in, a score for every label out.
import { extname } from 'node:path';
import { AsrError } from '../core/errors.js';
import type { Compute } from '../core/stage.js';

export interface Labeller extends AsyncDisposable {
  readonly labels: readonly string[];
  /** Several labels may hold at once: scores are each their own probability and do not add up to 1. */
  readonly several: boolean;
  /** @returns [texts][labels] from 0 to 1 */
  scores(texts: readonly string[]): Promise<Float64Array[]>;
}

export interface GivenLabel {
  readonly label: string;
  readonly score: number;
  readonly scores: Readonly<Record<string, number>>;
}

/** The label of the highest score, and all scores, to four digits. */
export function labelOf({ labels }: Labeller, scores: Float64Array): GivenLabel {
  const best = scores.indexOf(Math.max(...scores));
  const rounded = (score: number): number => Math.round(score * 1e4) / 1e4;
  return {
    label: labels[best] ?? '',
    score: rounded(scores[best] ?? 0),
    scores: Object.fromEntries(labels.map((label, i) => [label, rounded(scores[i] ?? 0)])),
  };
}

/**
 * @param model .json of `asr classify --train`, or .onnx with the tokeniser that it was trained with
 * @throws AsrError 'usage' where the two do not go together, 'model' for files that are no such models
 */
export async function openLabeller(model: string, tokeniser: string | undefined, compute: Compute): Promise<Labeller> {
  const ending = extname(model).toLowerCase();
  if (ending === '.onnx') {
    if (tokeniser === undefined)
      throw new AsrError(
        'usage',
        `--model ${model}: a network needs its tokeniser`,
        'Add --tokeniser tokenizer.json, from the folder that the model comes from.',
      );
    return (await import('./text-network.js')).openTextNetwork(model, tokeniser, compute);
  }
  if (ending !== '.json')
    throw new AsrError(
      'usage',
      `--model ${model}: expected a file that ends in .json or .onnx`,
      'asr classify --train TABLE --out topics.json makes one.',
    );
  if (tokeniser !== undefined) throw new AsrError('usage', '--tokeniser belongs to a model in ONNX', 'Leave it out.');
  return (await import('./text-model.js')).openTextModel(model);
}
