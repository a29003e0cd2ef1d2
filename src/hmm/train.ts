// Trains a phone HMM from labelled segments, which may be wrong and badly cut: Gaussians from the labels, then a few
// passes of soft EM in which the phone bigram of the text corrects both.
import { AsrError } from '../core/errors.js';
import type { Compute } from '../core/stage.js';
import type { HmmConfig } from './config.js';
import { ForwardBackward } from '../search/forward-backward.js';
import { createGaussianScorer, evidenceOf, GaussianSums, oneGaussian, type Gaussians } from './gaussians.js';
import { bigramGraph, type PhoneBigram, type PhoneGraph } from '../search/phone-graph.js';
import { createTopology, type Topology } from './topology.js';

/** Frames of one training utterance with a first guess of its phones. */
export interface SegmentedFrames {
  /** [rows, dim] */
  readonly frames: Float32Array;
  readonly rows: number;
  /** [segments] first frame after each segment. */
  readonly ends: ArrayLike<number>;
  /** [segments, V] probabilities of the phones of each segment; rows sum to 1. */
  readonly posteriors: Float32Array;
}

export interface Hmm {
  readonly topology: Topology;
  readonly gaussians: Gaussians;
  readonly acousticScale: number;
}

export interface HmmTraining {
  /** Read once to start and once a pass, in the same order. */
  readonly utterances: () => AsyncIterable<SegmentedFrames>;
  readonly dim: number;
  /** What the finished model decodes with. */
  readonly bigram: PhoneBigram;
  /** What corrects the labels in training; the bigram where it is left out. */
  readonly graph?: PhoneGraph;
  /** Mean length of a phone in frames. */
  readonly framesPerPhone: number;
  readonly config: HmmConfig;
  /** Where config.acousticScale says nothing: a number, or by what the frames tell of the labels. */
  readonly usualScale: number | 'by evidence';
  readonly compute: Compute;
  /**
   * Nats a frame, at the scale in use, over what one Gaussian of all frames gives: comparable between kinds of frames.
   */
  readonly onPass?: (pass: number, logLikelihoodPerFrame: number) => void;
  /** What the frames tell of the labels at the start, in nats a frame, and the scale that is used. */
  readonly onStart?: (evidence: number, acousticScale: number) => void;
}

/**
 * Scaled evidence of a phone, in nats, that frames are brought to: what the labels of matching have on the MFCC of the
 * demo (synthetic Spanish), 6.7 nats a frame x 7.2 frames x the scale of .1.
 */
const evidenceOfPhone = 4.8;

/** @param evidence nats a frame. @returns exponent of the acoustic likelihood */
export function scaleFor(evidence: number, framesPerPhone: number): number {
  return Math.min(1, evidenceOfPhone / Math.max(1e-6, evidence * framesPerPhone));
}

const priorFrames = 5; // weight of the frames' own mean and variance in every state, in frames
const negligible = 1e-3; // posteriors below are not worth the additions

/** @throws AsrError 'model' when no utterance has a path through the HMM */
export async function trainHmm(training: HmmTraining): Promise<Hmm> {
  const { config, compute, dim } = training;
  const topology = createTopology(training.bigram, config.states, training.framesPerPhone);
  const start = await fromLabels(training, topology);
  let { gaussians } = start;
  const usual =
    training.usualScale === 'by evidence' ? scaleFor(start.evidence, training.framesPerPhone) : training.usualScale;
  const acousticScale = config.acousticScale ?? usual;
  training.onStart?.(start.evidence, acousticScale);
  const scorer = await createGaussianScorer(gaussians, compute, { reuse: true });
  try {
    const passes = new ForwardBackward(training.graph ?? bigramGraph(training.bigram), {
      ...topology,
      acousticScale,
      beam: config.beam,
    });
    for (let pass = 1; pass <= config.passes; pass++) {
      const sums = new GaussianSums(topology.states, dim);
      let logLikelihood = 0;
      let frameCount = 0;
      for await (const { frames, rows } of training.utterances()) {
        const own = passes.run(await scorer.score(frames, rows), rows, (t, posterior) => {
          for (let s = 0; s < posterior.length; s++)
            if (posterior[s]! > negligible) sums.add(s, posterior[s]!, frames, t);
        });
        if (own === -Infinity) continue;
        logLikelihood += own;
        frameCount += rows;
      }
      if (frameCount === 0)
        throw new AsrError(
          'model',
          'hmm: no utterance has a path through the model',
          'Utterances must be longer than learn.hmm.states frames; check the features.',
        );
      gaussians = sums.estimate(config.varianceFloor, priorFrames);
      scorer.set(gaussians);
      training.onPass?.(pass, logLikelihood / frameCount - acousticScale * start.oneGaussian);
    }
  } finally {
    await scorer.dispose();
  }
  return { topology, gaussians, acousticScale };
}

/** Each segment is cut into as many equal parts as a phone has states. */
async function fromLabels(
  { utterances, dim, config }: HmmTraining,
  { phones, statesPerPhone, states }: Topology,
): Promise<{ gaussians: Gaussians; evidence: number; oneGaussian: number }> {
  const sums = new GaussianSums(states, dim);
  const all = new GaussianSums(1, dim);
  for await (const { frames, rows, ends, posteriors } of utterances()) {
    let start = 0;
    for (let t = 0; t < rows; t++) all.add(0, 1, frames, t);
    for (let i = 0; i < ends.length; i++) {
      const end = ends[i]!;
      for (let v = 0; v < phones; v++) {
        const weight = posteriors[i * phones + v]!;
        if (weight <= negligible) continue;
        for (let t = start; t < end; t++)
          sums.add(v * statesPerPhone + Math.floor((statesPerPhone * (t - start)) / (end - start)), weight, frames, t);
      }
      start = end;
    }
  }
  const { varianceFloor } = config;
  return {
    gaussians: sums.estimate(varianceFloor, priorFrames),
    evidence: evidenceOf(sums, all, varianceFloor),
    oneGaussian: oneGaussian(all, varianceFloor),
  };
}
