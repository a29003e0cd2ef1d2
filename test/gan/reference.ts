// The whole loss of both steps in plain loops and float64, written after the published reference: padded batches,
// convolutions one by one, padding handled where that code handles it. Shares
// nothing with src/gan but names of weights.

import { bounded } from './reference-spectral.js';

export type Weights = Record<string, Float64Array>;

export interface Setup {
  readonly kernel: number;
  readonly pad: number;
  readonly stride: number;
  /** The layers of wav2vec-U 2.0 before the convolution. */
  readonly batchNorm: boolean;
  readonly residual: boolean;
  readonly auxiliaryWeight: number;
  /** Padding and frames without a label count in its mean. */
  readonly auxiliaryPads: boolean;
  readonly columns: number;
  readonly classes: number;
  readonly dim: number;
  readonly depth: number;
  readonly discriminatorKernel: number;
  /** Logits are divided by it before the softmax that the discriminator reads. */
  readonly temperature: number;
  readonly gradientPenalty: number;
  readonly norm: 'time' | 'full';
  /** The penalty looks at the first of the batch only. */
  readonly penalised: number;
  readonly codePenalty: number;
  readonly codePenaltyPads: boolean;
  readonly smoothness: number;
  readonly smoothnessPads: boolean;
  /** Of the cross-entropy to the labels of the anchor. */
  readonly anchorWeight: number;
  readonly loss: 'paper' | 'relativistic' | 'spectral';
  readonly spectralNorm: number;
  readonly pairWeight: number;
  readonly consistency: number;
  /** Straight through: weights at which the output is the likeliest class; what the softmax moves is added. */
  hardAt?: Weights;
  /** One-hot class of padded text, or -1 for rows of zeros. */
  readonly padClass: number;
}

export interface Example {
  /** Segment vectors, one list of rows per utterance; after dropout, where no layer comes before the convolution. */
  readonly segments: number[][][];
  /** Dropout factors of the size of the segments, before the residual layer and before the convolution. */
  readonly dropInner?: number[][][];
  readonly dropOuter?: number[][][];
  /** Auxiliary labels of the segments, -1 where there is none. */
  readonly labels?: number[][];
  /** Labels of the segments for the anchor, -1 where there is none. */
  readonly anchors?: number[][];
  /** Shares of pairs of classes in the text: [V][V]. */
  readonly pairShares: number[][];
  /** Outputs for another dropout mask: [B][outputs][V]. */
  readonly otherLogits: number[][][];
  /** Outputs that JOIN keeps, per utterance. */
  readonly frames: number[][];
  /** How many outputs, from the kept one on, each frame is the mean of; 1 where it is left out. */
  readonly runs?: number[][];
  readonly paddedLength: number;
  readonly lines: number[][];
  readonly mix: number[];
}

type Matrix = number[][];
const zeros = (rows: number, columns: number): Matrix =>
  Array.from({ length: rows }, () => new Array<number>(columns).fill(0));

function erf(x: number): number {
  // Series near zero, continued fraction beyond: both to full double precision.
  const z = Math.abs(x);
  if (z < 2.5) {
    let term = z;
    let sum = z;
    for (let n = 1; n < 200 && Math.abs(term) > 1e-18; n++) {
      term *= (-z * z) / n;
      sum += term / (2 * n + 1);
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = z;
  for (let n = 120; n > 0; n--) fraction = z + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-z * z) / (fraction * Math.sqrt(Math.PI)));
}
const phi = (x: number): number => 0.5 * (1 + erf(x / Math.SQRT2));
const gelu = (x: number): number => x * phi(x);
const geluSlope = (x: number): number => phi(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);

/** y[t] = b + Σ_j W_j x[t - (k - 1) + j], W frame-major [k * in, out]. */
function causal(x: Matrix, w: Float64Array, b: Float64Array, k: number): Matrix {
  const inputs = w.length / k / b.length;
  return x.map((_, t) =>
    Array.from(b, (bias, o) => {
      let sum = bias;
      for (let j = 0; j < k; j++) {
        const from = t - (k - 1) + j;
        if (from >= 0) for (let c = 0; c < inputs; c++) sum += x[from]![c]! * w[(j * inputs + c) * b.length + o]!;
      }
      return sum;
    }),
  );
}

function causalBack(g: Matrix, w: Float64Array, outputs: number, k: number): Matrix {
  const inputs = w.length / k / outputs;
  const back = zeros(g.length, inputs);
  g.forEach((row, t) => {
    for (let j = 0; j < k; j++) {
      const to = t - (k - 1) + j;
      if (to >= 0)
        for (let c = 0; c < inputs; c++)
          for (let o = 0; o < outputs; o++) back[to]![c]! += row[o]! * w[(j * inputs + c) * outputs + o]!;
    }
  });
  return back;
}

/** Scores of frames, and the gradient of their weighted sum with respect to the input. */
export function discriminate(
  x: Matrix,
  p: Weights,
  s: Setup,
  frameWeights?: number[],
): { scores: number[]; gradient: Matrix } {
  const k = s.discriminatorKernel;
  let h = causal(x, p['d.emb.w']!, p['d.emb.b']!, k);
  const before: Matrix[] = [];
  for (let i = 1; i < s.depth; i++) {
    const a = causal(h, p[`d.inner${i}.w`]!, p[`d.inner${i}.b`]!, k);
    before.push(a);
    h = a.map((row) => row.map(gelu));
  }
  const scores = causal(h, p['d.out.w']!, p['d.out.b']!, k).map((row) => row[0]!);
  let g = causalBack(
    (frameWeights ?? scores.map(() => 0)).map((weight) => [weight]),
    p['d.out.w']!,
    1,
    k,
  );
  for (let i = s.depth - 1; i >= 1; i--) {
    const a = before[i - 1]!;
    g = causalBack(
      g.map((row, t) => row.map((value, c) => value * geluSlope(a[t]![c]!))),
      p[`d.inner${i}.w`]!,
      s.dim,
      k,
    );
  }
  return { scores, gradient: causalBack(g, p['d.emb.w']!, s.dim, k) };
}

const softmax = (row: number[]): number[] => {
  const largest = Math.max(...row);
  const exps = row.map((x) => Math.exp(x - largest));
  const sum = exps.reduce((a, b) => a + b, 0);
  return exps.map((x) => x / sum);
};

const likeText = (row: number[], { temperature }: Setup): number[] => softmax(row.map((x) => x / temperature));

/** What the discriminator reads of the joined outputs: [B][paddedLength][V]. */
function outputsRead(example: Example, p: Weights, s: Setup): Matrix[] {
  const soft = (at: Weights): Matrix[] =>
    joinedLogits(example, at, s).map((rows) => rows.map((row) => likeText(row, s)));
  if (!s.hardAt) return soft(p);
  const before = soft(s.hardAt);
  return soft(p).map((rows, b) =>
    rows.map((row, t) => {
      const old = before[b]![t]!;
      const likeliest = old.indexOf(Math.max(...old));
      return row.map((x, v) => x - old[v]! + (v === likeliest ? 1 : 0));
    }),
  );
}

/** Batch norm over all segments of the batch, residual layer, dropout; and what comes out of the residual layer. */
export function hidden(example: Example, p: Weights, s: Setup): { z: Matrix[]; inner: Matrix[] } {
  let h = example.segments;
  if (s.batchNorm) {
    const all = h.flat();
    const mean = all[0]!.map((_, c) => all.reduce((sum, row) => sum + row[c]!, 0) / all.length);
    const variance = mean.map((m, c) => all.reduce((sum, row) => sum + (row[c]! - m) ** 2, 0) / all.length);
    h = h.map((rows) =>
      rows.map((row) =>
        row.map(
          (x, c) => ((x - mean[c]!) / Math.sqrt(variance[c]! + 1e-5)) * p['g.norm.gamma']![c]! + p['g.norm.beta']![c]!,
        ),
      ),
    );
  }
  const inner = s.residual
    ? h.map((rows, b) =>
        rows.map((row, t) =>
          Array.from(p['g.residual.b']!, (bias, o) =>
            row.reduce(
              (sum, x, c) => sum + x * example.dropInner![b]![t]![c]! * p['g.residual.w']![c * s.columns + o]!,
              bias,
            ),
          ),
        ),
      )
    : [];
  const z = h.map((rows, b) =>
    rows.map((row, t) => row.map((x, c) => (x + (inner[b]?.[t]![c] ?? 0)) * (example.dropOuter?.[b]![t]![c] ?? 1))),
  );
  return { z, inner };
}

/** Weighted cross-entropy of the labels that are there, by a linear layer on the residual layer's output; its mean. */
function auxiliaryLoss(example: Example, p: Weights, s: Setup): number {
  const bias = p['g.auxiliary.b']!;
  let sum = 0;
  let count = 0;
  hidden(example, p, s).inner.forEach((rows, b) => {
    rows.forEach((row, t) => {
      const label = example.labels![b]![t]!;
      if (label < 0) return;
      const shares = softmax(
        Array.from(bias, (own, k) =>
          row.reduce((total, x, c) => total + x * p['g.auxiliary.w']![c * bias.length + k]!, own),
        ),
      );
      sum -= Math.log(shares[label]!);
      count++;
    });
  });
  const longest = Math.max(...example.segments.map((rows) => rows.length));
  return (s.auxiliaryWeight * sum) / (s.auxiliaryPads ? example.segments.length * longest : count);
}

/** Joined logits of the batch, zeros on padding: [B][paddedLength][V]. */
export function joinedLogits(example: Example, p: Weights, s: Setup): Matrix[] {
  return hidden(example, p, s).z.map((rows, b) => {
    const logits = zeros(example.paddedLength, s.classes);
    example.frames[b]!.forEach((frame, n) => {
      const run = example.runs?.[b]![n] ?? 1;
      for (let output = frame; output < frame + run; output++) {
        for (let j = 0; j < s.kernel; j++) {
          const row = rows[output * s.stride - s.pad + j];
          if (row)
            for (let d = 0; d < s.columns; d++)
              for (let v = 0; v < s.classes; v++)
                logits[n]![v]! += (row[d]! * p['g.w']![(j * s.columns + d) * s.classes + v]!) / run;
        }
      }
    });
    return logits;
  });
}

const bce = (score: number, label: number): number =>
  Math.max(score, 0) - score * label + Math.log1p(Math.exp(-Math.abs(score)));
const meanOfFirst = (scores: number[], n: number): number => scores.slice(0, n).reduce((a, b) => a + b, 0) / n;

export interface Parts {
  readonly loss: number;
  readonly [name: string]: number;
}

/** Lines of text as one-hot rows, padded to the longest. */
function oneHotLines(example: Example, s: Setup): Matrix[] {
  const longestLine = Math.max(...example.lines.map((line) => line.length));
  return example.lines.map((line) =>
    Array.from({ length: longestLine }, (_, t) =>
      Array.from({ length: s.classes }, (_, v) => ((line[t] ?? s.padClass) === v ? 1 : 0)),
    ),
  );
}

/** Σ of squared slopes of the mean score over the first n frames. */
function squaredSlopes(x: Matrix, n: number, p: Weights, s: Setup): number {
  const weights = x.map((_, t) => (t < n ? 1 / n : 0));
  return discriminate(x, p, s, weights)
    .gradient.flat()
    .reduce((sum, slope) => sum + slope ** 2, 0);
}

export function discriminatorLoss(example: Example, given: Weights, s: Setup): Parts {
  const batch = example.segments.length;
  const p = bounded(given, s);
  const fake = outputsRead(example, p, s);
  const real = oneHotLines(example, s);
  const longestLine = real[0]!.length;
  let fakeLoss = 0;
  let realLoss = 0;
  let penalty = 0;
  const shared = Math.min(example.paddedLength, longestLine);
  for (let b = 0; b < batch; b++) {
    const fakeScore = meanOfFirst(discriminate(fake[b]!, p, s).scores, example.frames[b]!.length);
    const realScore = meanOfFirst(discriminate(real[b]!, p, s).scores, example.lines[b]!.length);
    const paired = s.loss === 'relativistic';
    fakeLoss += paired ? bce(fakeScore - realScore, 1) / 2 : bce(fakeScore, 1);
    realLoss += paired ? bce(fakeScore - realScore, 1) / 2 : bce(realScore, 0);
    if (b >= s.penalised || s.loss === 'spectral') continue;
    if (paired) {
      penalty += squaredSlopes(fake[b]!, example.frames[b]!.length, p, s);
      penalty += squaredSlopes(real[b]!, example.lines[b]!.length, p, s);
      continue;
    }
    const a = example.mix[b]!;
    const mixed = Array.from({ length: shared }, (_, t) =>
      real[b]![t]!.map((x, v) => a * x + (1 - a) * fake[b]![t]![v]!),
    );
    const { gradient } = discriminate(mixed, p, s, new Array<number>(shared).fill(1 / shared));
    const squares = gradient[0]!.map((_, v) => gradient.reduce((sum, row) => sum + row[v]! ** 2, 0));
    const norms = s.norm === 'time' ? squares.map(Math.sqrt) : [Math.sqrt(squares.reduce((x, y) => x + y, 0))];
    for (const norm of norms) penalty += (norm - 1) ** 2;
  }
  const parts = {
    fakeLoss: fakeLoss / batch,
    realLoss: realLoss / batch,
    gradientPenalty: s.penalised === 0 ? 0 : (s.gradientPenalty * penalty) / s.penalised,
  };
  return { ...parts, loss: parts.fakeLoss + parts.realLoss + parts.gradientPenalty };
}

/** Mean over labelled frames; the output after the last segment has that one's label. */
function anchorLoss({ anchors, frames }: Example, logits: Matrix[]): number {
  const losses = frames.flatMap((own, b) =>
    own.flatMap((frame, n) => {
      const label = anchors![b]![Math.min(frame, anchors![b]!.length - 1)]!;
      return label < 0 ? [] : [-Math.log(softmax(logits[b]![n]!)[label]!)];
    }),
  );
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** Σ p log(p / q), a tenth of the uniform share added to both. */
const divergence = (p: number[], q: number[]): number =>
  p.reduce((sum, x, i) => sum + x * Math.log((x + 0.1 / p.length) / (q[i]! + 0.1 / p.length)), 0);

/** Of pairs of neighbours, and of the first ones of pairs. */
function pairLoss({ pairShares, frames }: Example, read: Matrix[], classes: number): number {
  const found = zeros(classes, classes);
  const count = frames.reduce((sum, own) => sum + own.length - 1, 0);
  read.forEach((rows, b) => {
    for (let t = 1; t < frames[b]!.length; t++)
      rows[t - 1]!.forEach((x, v) => rows[t]!.forEach((y, w) => (found[v]![w]! += (x * y) / count)));
  });
  const firsts = (pairs: Matrix): number[] => pairs.map((row) => row.reduce((sum, x) => sum + x, 0));
  return divergence(pairShares.flat(), found.flat()) + divergence(firsts(pairShares), firsts(found));
}

/** Mean over joined frames of the divergence from the outputs for another mask. */
function viewLoss({ otherLogits, frames, runs }: Example, logits: Matrix[]): number {
  const all = frames.flatMap((own, b) =>
    own.map((frame, n) => {
      const run = otherLogits[b]!.slice(frame, frame + (runs?.[b]![n] ?? 1));
      const other = softmax(run[0]!.map((_, v) => run.reduce((sum, row) => sum + row[v]! / run.length, 0)));
      const row = softmax(logits[b]![n]!);
      return other.reduce((sum, q, v) => sum + q * Math.log(q / row[v]!), 0);
    }),
  );
  return all.reduce((sum, x) => sum + x, 0) / all.length;
}

export function generatorLoss(example: Example, given: Weights, s: Setup): Parts {
  const batch = example.segments.length;
  const p = bounded(given, s);
  const read = outputsRead(example, p, s);
  const real = oneHotLines(example, s);
  const logits = joinedLogits(example, p, s);
  const valid = example.frames.map((frames) => frames.length);
  let fakeLoss = 0;
  const mean = new Array<number>(s.classes).fill(0);
  let frames = 0;
  let squares = 0;
  let pairs = 0;
  logits.forEach((rows, b) => {
    const probs = rows.map(softmax);
    const realScore =
      s.loss === 'relativistic' ? meanOfFirst(discriminate(real[b]!, p, s).scores, example.lines[b]!.length) : 0;
    fakeLoss += bce(meanOfFirst(discriminate(read[b]!, p, s).scores, valid[b]!) - realScore, 0);
    probs.forEach((row, t) => {
      if (t >= valid[b]! && !s.codePenaltyPads) return;
      frames++;
      row.forEach((x, v) => {
        mean[v]! += x;
      });
    });
    for (let t = 0; t + 1 < rows.length; t++) {
      const padded = t + 1 >= valid[b]!;
      if (!padded) squares += rows[t]!.reduce((sum, x, v) => sum + (x - rows[t + 1]![v]!) ** 2, 0);
      if (!padded || s.smoothnessPads) pairs++;
    }
  });
  const use = mean.map((x) => x / frames);
  const probabilityPerplexity = Math.exp(-use.reduce((sum, x) => sum + x * Math.log(x + 1e-7), 0));
  const parts = {
    fakeLoss: fakeLoss / batch,
    codePenalty: (s.codePenalty * (s.classes - probabilityPerplexity)) / s.classes,
    smoothness: (s.smoothness * squares) / (pairs * s.classes),
    ...(s.auxiliaryWeight > 0 ? { auxiliary: auxiliaryLoss(example, p, s) } : {}),
    ...(s.pairWeight > 0 ? { pairs: s.pairWeight * pairLoss(example, read, s.classes) } : {}),
    ...(s.consistency > 0 ? { consistency: s.consistency * viewLoss(example, logits) } : {}),
    ...(s.anchorWeight > 0 ? { anchor: s.anchorWeight * anchorLoss(example, logits) } : {}),
  };
  return { ...parts, probabilityPerplexity, loss: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}

/** Central differences for every weight. */
export function gradients(loss: (p: Weights) => number, p: Weights): Weights {
  const h = 1e-5;
  return Object.fromEntries(
    Object.entries(p).map(([name, values]) => [
      name,
      values.map((value, i) => {
        const at = (x: number): number => loss({ ...p, [name]: values.with(i, x) });
        return (at(value + h) - at(value - h)) / (2 * h);
      }),
    ]),
  );
}
