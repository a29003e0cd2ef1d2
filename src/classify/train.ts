// The baseline: labelled texts in, weights of character n-grams out. A fifth of the speakers (or rows) is kept aside to
// choose the penalty and to say how well it does; the weights that are written are fitted to everything.
import { AsrError } from '../core/errors.js';
import type { Rng } from '../core/rng.js';
import { fit, type Examples } from './logistic.js';
import type { LabelledRow } from './labelled-table.js';
import { ngramCounts, rowOf } from './ngrams.js';
import { mostLabels, textLabeller, weightRows, type TextModel } from './text-model.js';

/** N-grams of fewer texts say nothing that would hold for the next one. */
const fewestTexts = 2;
const keptNgrams = 10_000;
const penalties = [1e-4, 1e-3];
const heldOutShare = 0.2;

/** @throws AsrError 'input' where there is nothing to tell apart */
export async function trainTextModel(rows: readonly LabelledRow[], rng: Rng, signal?: AbortSignal): Promise<TextModel> {
  const labels = [...new Set(rows.map(({ label }) => label))].sort();
  if (labels.length < 2 || labels.length > mostLabels)
    throw new AsrError(
      'input',
      `${rows.length} rows with ${labels.length} different labels, expected 2 to ${mostLabels}`,
      'What never occurs cannot be told apart: give rows of every label, ten or more of each.',
    );
  const [seen, unseen] = apart(rows, rng);
  const trial = prepared(seen, labels);
  const guess = shareOf(unseen, ({ label }) => label === mostOften(seen));
  let best = { penalty: penalties[0] as number, accuracy: -1 };
  for (const penalty of penalties) {
    const weights = fit(trial.examples, penalty, signal);
    const labeller = textLabeller(labels, trial.ngrams, weights);
    const scores = await labeller.scores(unseen.map(({ text }) => text));
    const right = scores.filter((s, i) => labels[s.indexOf(Math.max(...s))] === unseen[i]?.label).length;
    const accuracy = unseen.length === 0 ? 0 : right / unseen.length;
    if (accuracy > best.accuracy) best = { penalty, accuracy };
  }
  const whole = prepared(rows, labels);
  return {
    format: 'asr text classifier',
    version: 1,
    labels,
    ngrams: whole.ngrams,
    weights: weightRows(fit(whole.examples, best.penalty, signal), labels.length),
    measured: { rows: rows.length, heldOut: unseen.length, accuracy: best.accuracy, guess },
  };
}

/** By speaker where speakers are known: a voice that is on both sides would be told by its habits. */
function apart(rows: readonly LabelledRow[], rng: Rng): [LabelledRow[], LabelledRow[]] {
  const nameOf = (row: LabelledRow): string => row.speaker ?? row.id;
  const names = rng.shuffleInPlace([...new Set(rows.map(nameOf))].sort());
  const out = new Set(names.slice(0, Math.floor(heldOutShare * names.length)));
  return [rows.filter((row) => !out.has(nameOf(row))), rows.filter((row) => out.has(nameOf(row)))];
}

function prepared(rows: readonly LabelledRow[], labels: readonly string[]): { ngrams: string[]; examples: Examples } {
  const counts = rows.map(({ text }) => ngramCounts(text));
  const texts = new Map<string, number>();
  for (const one of counts) for (const ngram of one.keys()) texts.set(ngram, (texts.get(ngram) ?? 0) + 1);
  const ngrams = [...texts]
    .filter(([, count]) => count >= fewestTexts)
    .sort(([a, more], [b, less]) => less - more || (a < b ? -1 : 1))
    .slice(0, keptNgrams)
    .map(([ngram]) => ngram);
  if (ngrams.length === 0)
    throw new AsrError('input', 'the labelled texts share no letters', 'Is the column text the right one?');
  const placeOf = new Map(ngrams.map((ngram, i) => [ngram, i]));
  return {
    ngrams,
    examples: {
      rows: counts.map((one) => rowOf(one, placeOf)),
      labels: Int32Array.from(rows, ({ label }) => labels.indexOf(label)),
      classes: labels.length,
      columns: ngrams.length,
    },
  };
}

const shareOf = <T>(items: readonly T[], wanted: (item: T) => boolean): number =>
  items.length === 0 ? 0 : items.filter(wanted).length / items.length;

function mostOften(rows: readonly LabelledRow[]): string {
  const counts = new Map<string, number>();
  for (const { label } of rows) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
}
