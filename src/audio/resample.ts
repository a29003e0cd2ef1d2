// Sound at any rate in, 16 kHz out, chunk by chunk. Polyphase windowed-sinc interpolation (Smith, "Digital Audio
// Resampling", ccrma.stanford.edu/~jos/resample). Own code because wavefile's resampler needs the whole file as
// doubles, loses 3 dB at 3.5 kHz of an 8 kHz source and is five times slower; one filter serves every format.
import { sampleRate } from '../core/time.js';

/** Zero crossings of the sinc on each side: a transition band of about 1.3 kHz at 16 kHz. */
const crossings = 24;
/** Kaiser window parameter for some 70 dB of attenuation. */
const beta = 7;
/** Cutoff as a share of the lower Nyquist frequency: flat to 6.7 kHz, silent from 8 kHz. */
const rolloff = 0.92;

interface Filter {
  /** out/in = up/down in lowest terms. */
  readonly up: number;
  readonly down: number;
  readonly half: number;
  /** [up, 2 * half]: the taps of each phase, each phase summing to 1. */
  readonly taps: Float64Array;
}

const filters = new Map<number, Filter>();

/** Streaming resampler from `sourceRate` to 16 kHz; output k lies at input time k/16000 (no delay). */
export class Resampler {
  readonly #filter: Filter;
  /** Input from index #start on; begins with the zeros before the first sample. */
  #held: Float64Array;
  #heldLength: number;
  #start: number;
  #taken = 0;
  #made = 0;

  constructor(sourceRate: number) {
    this.#filter = filters.get(sourceRate) ?? designFilter(sourceRate);
    filters.set(sourceRate, this.#filter);
    this.#held = new Float64Array(1 << 14);
    this.#heldLength = this.#filter.half;
    this.#start = -this.#filter.half;
  }

  /** @returns the output samples that are now certain */
  push(input: Float64Array): Float64Array {
    this.#hold(input);
    this.#taken += input.length;
    return this.#make(Math.ceil(((this.#taken - this.#filter.half) * this.#filter.up) / this.#filter.down));
  }

  /** The rest: ceil(samples taken * 16000 / sourceRate) samples were made in all. */
  finish(): Float64Array {
    this.#hold(new Float64Array(this.#filter.half + 1));
    return this.#make(Math.ceil((this.#taken * this.#filter.up) / this.#filter.down));
  }

  #hold(input: Float64Array): void {
    const needed = this.#heldLength + input.length;
    if (needed > this.#held.length) {
      const wider = new Float64Array(2 * needed);
      wider.set(this.#held.subarray(0, this.#heldLength));
      this.#held = wider;
    }
    this.#held.set(input, this.#heldLength);
    this.#heldLength = needed;
  }

  #make(until: number): Float64Array {
    const { up, down, half, taps } = this.#filter;
    const length = 2 * half;
    const held = this.#held;
    const output = new Float64Array(Math.max(0, until - this.#made));
    const made = this.#made;
    const shift = 1 - half - this.#start;
    for (let k = 0; k < output.length; k++) {
      const position = (made + k) * down;
      const whole = Math.floor(position / up);
      output[k] = dot(held, whole + shift, taps, (position - whole * up) * length, length);
    }
    this.#made += output.length;
    this.#forget(Math.floor((this.#made * down) / up) - half);
    return output;
  }

  /** Drops what no later output needs, once that is worth a copy. */
  #forget(before: number): void {
    const drop = before - this.#start;
    if (drop < 1 << 12 || drop > this.#heldLength) return;
    this.#held.copyWithin(0, drop, this.#heldLength);
    this.#heldLength -= drop;
    this.#start += drop;
  }
}

/** Four sums side by side keep the processor's adders busy; `length` is a multiple of 4. */
function dot(x: Float64Array, from: number, taps: Float64Array, tapsFrom: number, length: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let j = 0; j < length; j += 4) {
    a += (x[from + j] as number) * (taps[tapsFrom + j] as number);
    b += (x[from + j + 1] as number) * (taps[tapsFrom + j + 1] as number);
    c += (x[from + j + 2] as number) * (taps[tapsFrom + j + 2] as number);
    d += (x[from + j + 3] as number) * (taps[tapsFrom + j + 3] as number);
  }
  return a + b + c + d;
}

function designFilter(sourceRate: number): Filter {
  const divisor = gcd(sampleRate, sourceRate);
  const up = sampleRate / divisor;
  const down = sourceRate / divisor;
  const cutoff = rolloff * Math.min(1, sampleRate / sourceRate); // share of the source's Nyquist frequency
  const reach = crossings / cutoff;
  const half = 2 * Math.ceil(reach / 2); // even, so that `dot` takes four at a time
  const taps = new Float64Array(up * 2 * half);
  const edge = besselI0(beta);
  for (let phase = 0; phase < up; phase++) {
    const row = taps.subarray(phase * 2 * half, (phase + 1) * 2 * half);
    let sum = 0;
    for (let j = 0; j < row.length; j++) {
      const t = j - half + 1 - phase / up;
      const inside = 1 - (t / reach) ** 2;
      const value = inside <= 0 ? 0 : (sinc(cutoff * t) * besselI0(beta * Math.sqrt(inside))) / edge;
      row[j] = value;
      sum += value;
    }
    for (let j = 0; j < row.length; j++) row[j] = (row[j] as number) / sum;
  }
  return { up, down, half, taps };
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > 1e-16 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
