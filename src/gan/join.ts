// JOIN, wav2vec-U's second segmentation: consecutive equal predictions become one. In training one frame drawn
// from each run stands for it; the choice is made here, on the host, from a forward pass, so that the training
// graph computes only the frames it needs.
import type { Rng } from '../core/rng.js';

/** First positions of the runs of equal labels, in order. */
export function runStarts(labels: Int32Array): number[] {
  const starts: number[] = [];
  for (let t = 0; t < labels.length; t++) if (t === 0 || labels[t] !== labels[t - 1]) starts.push(t);
  return starts;
}

/**
 * One uniformly drawn position per run. Runs of one frame draw nothing, as in the reference.
 * @returns positions in ascending order, as many as there are runs
 */
export function drawFrames(labels: Int32Array, rng: Rng): Int32Array {
  const starts = runStarts(labels);
  return Int32Array.from(starts, (start, i) => {
    const length = (starts[i + 1] ?? labels.length) - start;
    return length === 1 ? start : start + rng.integer(length);
  });
}

/**
 * The labels of the runs: what evaluation decodes. The reference averages the logits of a run there; the label of
 * the average is that of the run, since the largest of each summand is at the same place.
 */
export function collapse(labels: Int32Array): Int32Array {
  return Int32Array.from(runStarts(labels), (start) => labels[start]!);
}

/** Greedy transcript: runs collapsed, silence and classes that are no phone removed (in this order). */
export function transcript(labels: Int32Array, silence: number, vocabularySize: number): number[] {
  return [...collapse(labels)].filter((label) => label !== silence && label < vocabularySize);
}

/** Exponential of the entropy of how often each label occurs: how many labels are really in use. */
export function labelPerplexity(counts: Int32Array): number {
  const total = counts.reduce((sum, n) => sum + n, 0);
  let entropy = 0;
  for (const n of counts) if (n > 0) entropy -= (n / total) * Math.log(n / total);
  return total === 0 ? 0 : Math.exp(entropy);
}
