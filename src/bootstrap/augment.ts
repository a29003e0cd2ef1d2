// Changes that leave what is said as it is: microphone, room, noise, vocal tract, speed, gaps. All of them are made on
// the energies of mel bands, where filters multiply, noise adds and echoes are a decaying sum: a hundred times cheaper
// than on samples, so that every epoch hears every utterance anew.
import type { Rng } from '../core/rng.js';
import type { Changes } from './change-settings.js';

export interface LabelledBands {
  /** [rows, bands] natural log energies. */
  readonly data: Float32Array;
  readonly rows: number;
  /** [rows] */
  readonly labels: Int16Array;
}

const between = (rng: Rng, low: number, high: number): number => low + (high - low) * rng.uniform();
const perDecibel = Math.LN10 / 10; // natural log energy

/** All changes before normalisation, freshly drawn. @param hopSeconds between frames */
export function augment(
  utterance: LabelledBands,
  bands: number,
  config: Changes,
  hopSeconds: number,
  rng: Rng,
): LabelledBands {
  const warped = warpBands(
    utterance.data,
    utterance.rows,
    bands,
    Math.exp(between(rng, Math.log(config.warp[0]), Math.log(config.warp[1]))),
  );
  const timed = stretch({ ...utterance, data: warped }, bands, speedCurve(utterance.rows, config.speed, rng));
  const { data, rows } = timed;
  addSmoothFilter(data, bands, config.equaliser * perDecibel, rng);
  if (rng.uniform() < 0.5) {
    const decay = between(rng, ...config.reverberation);
    reverberate(data, { rows, bands, hopSeconds }, { decay, level: between(rng, 0.1, 0.5) });
  }
  addNoise(data, rows, bands, between(rng, ...config.noise), rng);
  return timed;
}

/** Resamples the band axis: band b of the result is band b x factor of the given; edges are repeated. */
export function warpBands(data: Float32Array, rows: number, bands: number, factor: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let b = 0; b < bands; b++) {
    const at = Math.min(bands - 1, b * factor);
    const low = Math.floor(at);
    const high = Math.min(bands - 1, low + 1);
    const part = at - low;
    for (let t = 0, row = 0; t < rows; t++, row += bands)
      out[row + b] = (1 - part) * data[row + low]! + part * data[row + high]!;
  }
  return out;
}

/** Where each output frame is taken from: one speed for all, and slow changes around it. */
export function speedCurve(rows: number, largest: number, rng: Rng): Float64Array {
  const base = largest * (2 * rng.uniform() - 1);
  const period = between(rng, 80, 250);
  const phase = 2 * Math.PI * rng.uniform();
  const depth = 0.5 * largest * rng.uniform();
  const times: number[] = [];
  for (let at = 0; at < rows - 1e-9;) {
    times.push(at);
    at += Math.exp(base + depth * Math.sin(phase + (2 * Math.PI * at) / period));
  }
  return Float64Array.from(times);
}

/**
 * Frames between frames are mixed, labels are those of the nearest frame.
 * @param times of the result's frames, in frames of the given
 */
export function stretch({ data, rows, labels }: LabelledBands, bands: number, times: Float64Array): LabelledBands {
  const out = new Float32Array(times.length * bands);
  const outLabels = new Int16Array(times.length);
  times.forEach((at, t) => {
    const low = Math.floor(at);
    const high = Math.min(rows - 1, low + 1);
    const part = at - low;
    for (let b = 0; b < bands; b++)
      out[t * bands + b] = (1 - part) * data[low * bands + b]! + part * data[high * bands + b]!;
    outLabels[t] = labels[part < 0.5 ? low : high]!;
  });
  return { data: out, rows: times.length, labels: outLabels };
}

/** Adds the same smooth curve to every frame: up to `largest` at five points over the bands, straight lines between. */
function addSmoothFilter(data: Float32Array, bands: number, largest: number, rng: Rng): void {
  const curve = smoothCurve(bands, largest, rng);
  for (let i = 0; i < data.length; i++) data[i]! += curve[i % bands]!;
}

function smoothCurve(bands: number, largest: number, rng: Rng): Float64Array {
  const points = Array.from({ length: 5 }, () => largest * (2 * rng.uniform() - 1));
  return Float64Array.from({ length: bands }, (_, b) => {
    const at = (b / (bands - 1)) * (points.length - 1);
    const low = Math.min(points.length - 2, Math.floor(at));
    return points[low]! + (at - low) * (points[low + 1]! - points[low]!);
  });
}

/**
 * The energy of earlier frames, fallen by 60 dB after `decay` seconds, comes on top.
 * @param decay in seconds. @param level energy of the echo over that of the sound
 */
export function reverberate(
  data: Float32Array,
  { rows, bands, hopSeconds }: { readonly rows: number; readonly bands: number; readonly hopSeconds: number },
  { decay, level }: { readonly decay: number; readonly level: number },
): void {
  const keep = 10 ** ((-6 * hopSeconds) / decay);
  const tail = new Float64Array(bands);
  for (let t = 0; t < rows; t++) {
    for (let b = 0; b < bands; b++) {
      const i = t * bands + b;
      const energy = Math.exp(data[i]!);
      data[i] = Math.log(energy + level * tail[b]!);
      tail[b] = keep * tail[b]! + (1 - keep) * energy;
    }
  }
}

/**
 * Noise of a smooth spectrum at `ratio` dB below the mean energy of the utterance,
 * unsteady as band energies of noise are.
 */
function addNoise(data: Float32Array, rows: number, bands: number, ratio: number, rng: Rng): void {
  const spectrum = new Float64Array(bands);
  for (let i = 0; i < data.length; i++) spectrum[i % bands]! += Math.exp(data[i]!) / rows;
  const total = spectrum.reduce((a, b) => a + b, 0);
  const slope = smoothCurve(bands, 2, rng).map(Math.exp);
  const sum = slope.reduce((a, b) => a + b, 0);
  const level = slope.map((s) => (s / sum) * total * 10 ** (-ratio / 10));
  for (let i = 0; i < data.length; i++)
    data[i] = Math.log(Math.exp(data[i]!) + level[i % bands]! * -Math.log(1 - 0.98 * rng.uniform()));
}

/** SpecAugment (Park et al., 2019) on normalised frames, in place: stretches and bands set to the mean. */
export function mask(data: Float32Array, rows: number, bands: number, masks: number, rng: Rng): void {
  for (let n = 0; n < Math.round((masks * rows) / 250); n++) {
    const width = rng.integer(16);
    const from = rng.integer(Math.max(1, rows - width));
    data.fill(0, from * bands, Math.min(rows, from + width) * bands);
  }
  for (let n = 0; n < masks; n++) {
    const width = rng.integer(Math.max(2, bands >> 3) + 1);
    const from = rng.integer(bands - width + 1);
    for (let t = 0; t < rows; t++) data.fill(0, t * bands + from, t * bands + from + width);
  }
}
