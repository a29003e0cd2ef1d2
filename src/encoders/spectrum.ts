// Tables of spectra: windowed Fourier filters for a convolution, and mel bands.
import { sampleRate } from '../core/time.js';

/**
 * [2 B, 1, W], B = size / 2 + 1: real parts, then imaginary parts.
 * @param taper [W] what samples are multiplied by
 * @param size of the transform, W or more
 */
export const spectrumFilters = (taper: Float64Array, size = taper.length): Float32Array =>
  Float32Array.from(spectrumTable(taper, size));

function spectrumTable(taper: Float64Array, size: number): Float64Array {
  const window = taper.length;
  const bins = size / 2 + 1;
  const filters = new Float64Array(2 * bins * window);
  for (let k = 0; k < bins; k++) {
    for (let n = 0; n < window; n++) {
      const angle = (2 * Math.PI * ((n * k) % size)) / size;
      filters[k * window + n] = (taper[n] as number) * Math.cos(angle);
      filters[(bins + k) * window + n] = -(taper[n] as number) * Math.sin(angle);
    }
  }
  return filters;
}

/** Slaney's scale: linear up to 1000 Hz, logarithmic above. */
const toMel = (hertz: number): number =>
  hertz < 1000 ? (3 * hertz) / 200 : 15 + (Math.log(hertz / 1000) * 27) / Math.log(6.4);
const toHertz = (mel: number): number =>
  mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp(((mel - 15) * Math.log(6.4)) / 27);

/**
 * [bands, bins]: triangles from 0 Hz to half the sample rate, each of area 2 / its width in Hz, as librosa's default.
 */
export function slaneyBands(bands: number, bins: number): Float32Array {
  const top = toMel(sampleRate / 2);
  const corners = Float64Array.from({ length: bands + 2 }, (_, i) => toHertz((top * i) / (bands + 1)));
  const table = new Float32Array(bands * bins);
  for (let b = 0; b < bands; b++) {
    const [low, middle, high] = corners.subarray(b, b + 3) as unknown as [number, number, number];
    for (let k = 0; k < bins; k++) {
      const hertz = (k * sampleRate) / 2 / (bins - 1);
      const height = Math.min((hertz - low) / (middle - low), (high - hertz) / (high - middle));
      table[b * bins + k] = Math.max(0, height) * (2 / (high - low));
    }
  }
  return table;
}

/** Povey's window, a Hann window to the power 0.85. */
const povey = (length: number): Float64Array =>
  Float64Array.from({ length }, (_, n) => (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (length - 1))) ** 0.85);

/**
 * As `spectrumFilters`, for samples of full scale 32768 whose mean is taken out, with y[n] = x[n] - 0.97 x[n - 1]
 * before the window: all of it folded into the filters, as Kaldi does to a frame.
 */
export function kaldiFilters(window: number, size: number): Float32Array {
  const rows = 2 * (size / 2 + 1);
  const plain = spectrumTable(povey(window), size);
  const filters = new Float32Array(rows * window);
  for (let row = 0; row < rows; row++) {
    const taps = plain.subarray(row * window, (row + 1) * window);
    // The first sample has none before it and stands in for it itself.
    const folded = taps.map(
      (tap, n) =>
        32768 * (tap * (n === 0 ? 1 - emphasis : 1) - emphasis * (n + 1 < window ? (taps[n + 1] as number) : 0)),
    );
    const mean = folded.reduce((sum, tap) => sum + tap, 0) / window;
    filters.set(
      folded.map((tap) => tap - mean),
      row * window,
    );
  }
  return filters;
}
const emphasis = 0.97;

const kaldiMel = (hertz: number): number => 1127 * Math.log1p(hertz / 700);

/** [bands, bins]: triangles from 20 Hz to half the sample rate, straight on the mel axis, of height 1. */
export function kaldiBands(bands: number, bins: number): Float32Array {
  const low = kaldiMel(20);
  const step = (kaldiMel(sampleRate / 2) - low) / (bands + 1);
  const table = new Float32Array(bands * bins);
  for (let b = 0; b < bands; b++)
    for (let k = 0; k < bins; k++) {
      const offset = (kaldiMel((k * sampleRate) / 2 / (bins - 1)) - low) / step - (b + 1);
      table[b * bins + k] = Math.max(0, 1 - Math.abs(offset));
    }
  return table;
}
