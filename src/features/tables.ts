// The constant matrices of MFCC: pre-emphasis, window and DFT folded into one matrix, mel bands, DCT and lifter.
// W samples a frame, B DFT bins, M mel bands, C coefficients. As in Kaldi (feature-window.cc,
// mel-computations.cc): Povey window, triangles on the scale 1127 ln(1 + f/700), orthonormal DCT-II.
import { AsrError } from '../core/errors.js';
import { sampleRate, samplesOf } from '../core/time.js';
import type { FeaturesConfig } from './config.js';

export interface MfccTables {
  readonly window: number;
  readonly hop: number;
  readonly bins: number;
  readonly bands: number;
  readonly coefficients: number;
  /** [W, B]: mean-free samples to the real part of the spectrum. */
  readonly cosine: Float32Array;
  /** [W, B]: the same for the imaginary part. */
  readonly sine: Float32Array;
  /** [B, M] */
  readonly mel: Float32Array;
  /** [M, C], lifter included. */
  readonly cepstrum: Float32Array;
}

/** @throws AsrError 'config' when settings contradict each other, or a band is narrower than the DFT can resolve */
export function mfccTables(config: FeaturesConfig): MfccTables {
  const window = samplesOf(config.windowSeconds);
  const hop = samplesOf(config.hopSeconds);
  if (window < 2 || hop < 1)
    throw contradiction(
      `windowSeconds ${config.windowSeconds} and hopSeconds ${config.hopSeconds} give frames of ${window} samples ` +
        `every ${hop}`,
      'Usual are 0.025 and 0.010.',
    );
  if (config.lowHz >= config.highHz)
    throw contradiction(`lowHz ${config.lowHz} is not below highHz ${config.highHz}`, 'Usual are 20 and 7600.');
  if (config.coefficients > config.melBands)
    throw contradiction(
      `coefficients ${config.coefficients} is more than melBands ${config.melBands}`,
      'Take at most as many coefficients as bands.',
    );
  const size = 2 ** Math.ceil(Math.log2(window));
  const bins = size / 2 + 1;
  return {
    window,
    hop,
    bins,
    bands: config.melBands,
    coefficients: config.coefficients,
    cosine: foldedDft(window, size, config.preEmphasis, Math.cos),
    sine: foldedDft(window, size, config.preEmphasis, Math.sin),
    mel: melMatrix(config, size),
    cepstrum: cepstrumMatrix(config),
  };
}

const contradiction = (message: string, hint: string): AsrError => new AsrError('config', `features: ${message}`, hint);

/** Povey window, a Hann window to the power 0.85: like Hamming, but it reaches zero at the ends. */
export function poveyWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, n) => (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (length - 1))) ** 0.85);
}

/**
 * [window, bins]: sample n enters the windowed signal at n and, by pre-emphasis y[n] = x[n] - a x[n-1], at n + 1.
 * The first sample has none before it and stands in for it itself.
 */
function foldedDft(window: number, size: number, preEmphasis: number, wave: (angle: number) => number): Float32Array {
  const bins = size / 2 + 1;
  const taper = poveyWindow(window);
  const matrix = new Float32Array(window * bins);
  const step = (2 * Math.PI) / size;
  const waves = Float64Array.from({ length: size }, (_, i) => wave(step * i));
  for (let n = 0; n < window; n++) {
    const here = (taper[n] as number) * (n === 0 ? 1 - preEmphasis : 1);
    const next = n + 1 < window ? preEmphasis * (taper[n + 1] as number) : 0;
    for (let k = 0; k < bins; k++) {
      // The index is taken modulo the period, so that large angles lose no digits.
      matrix[n * bins + k] = here * (waves[(n * k) % size] as number) - next * (waves[((n + 1) * k) % size] as number);
    }
  }
  return matrix;
}

export const hertzToMel = (hertz: number): number => 1127 * Math.log1p(hertz / 700);

/**
 * [bins, bands]: triangles whose corners are evenly spaced in mel, straight on the mel axis; power in, band energy out.
 */
function melMatrix(config: FeaturesConfig, size: number): Float32Array {
  const { melBands: bands, lowHz, highHz } = config;
  const bins = size / 2 + 1;
  const low = hertzToMel(lowHz);
  const spacing = (hertzToMel(highHz) - low) / (bands + 1);
  const matrix = new Float32Array(bins * bands);
  for (let band = 0; band < bands; band++) {
    const centre = low + (band + 1) * spacing;
    let total = 0;
    for (let bin = 0; bin < bins; bin++) {
      const weight = Math.max(0, 1 - Math.abs(hertzToMel((bin * sampleRate) / size) - centre) / spacing);
      matrix[bin * bands + band] = weight;
      total += weight;
    }
    if (total === 0)
      throw contradiction(
        `mel band ${band} of ${bands} lies between two bins of the ${size}-point DFT`,
        'Take fewer melBands, a longer window or a wider range of Hz.',
      );
  }
  return matrix;
}

/** [bands, coefficients]: orthonormal DCT-II, each column times the lifter 1 + Q/2 sin(pi c / Q). */
function cepstrumMatrix(config: FeaturesConfig): Float32Array {
  const { melBands: bands, coefficients, lifter } = config;
  const matrix = new Float32Array(bands * coefficients);
  for (let c = 0; c < coefficients; c++) {
    const lift = lifter > 0 ? 1 + (lifter / 2) * Math.sin((Math.PI * c) / lifter) : 1;
    const scale = lift * Math.sqrt((c === 0 ? 1 : 2) / bands);
    for (let band = 0; band < bands; band++) {
      matrix[band * coefficients + c] = scale * Math.cos((Math.PI * c * (band + 0.5)) / bands);
    }
  }
  return matrix;
}
