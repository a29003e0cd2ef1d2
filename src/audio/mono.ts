// Interleaved samples of any rate and channel count in, chunk by chunk; mono 16 kHz samples on the 16-bit grid out.
// All decoders (wav, SPHERE, ffmpeg) end here, so that every format is mixed, resampled and rounded the same way.
import { AsrError } from '../core/errors.js';
import { sampleRate } from '../core/time.js';
import { chooseMix, LaterSound, type Mix, type MixOptions } from './mix.js';
import { Resampler } from './resample.js';

export type { MixOptions } from './mix.js';

/** Full scale of the 16-bit grid: sample = integer / 32767. */
export const fullScale = 32767;

/** Mono 16 kHz samples as integers in [-32767, 32767], with what the source was. */
export interface GridAudio {
  readonly samples: Int16Array;
  /** Hz */
  readonly sourceRate: number;
  readonly sourceChannels: number;
  /** Set when the file was damaged and only a part of it could be decoded. */
  readonly warning?: string;
  /** What had to be done about the sound, after "its": channels in opposite phase, samples beyond full scale. */
  readonly note?: string;
}

/** Seconds of sound that are looked at before the first sample comes out. */
const lookedAtSeconds = 10;
/** Values held meanwhile at most. */
const mostHeld = 1 << 23;

/** Averages channels and resamples piece by piece; what goes in one by one comes out the same as at once. */
export class MonoStream {
  readonly sourceRate: number;
  readonly sourceChannels: number;
  readonly #resampler: Resampler | undefined;
  readonly #where: string;
  readonly #options: MixOptions;
  #mix: Mix;
  #open: boolean;
  #held: (Float32Array | Float64Array)[] = [];
  #heldLength = 0;
  #broken = 0;
  #made = 0;
  readonly #later: LaterSound;

  /** @throws AsrError 'input' when rate or channel count cannot be meant */
  constructor(where: string, rate: number, channels: number, options: MixOptions = {}) {
    if (!(rate >= 1000 && rate <= 768_000) || !(channels >= 1 && channels <= 1024)) {
      throw new AsrError(
        'input',
        `${where}: a rate of ${rate} Hz with ${channels} channels cannot be right`,
        'The header is damaged; export the sound again, for instance as flac.',
      );
    }
    const channel = options.orOnly === true && channels === 1 ? 0 : options.channel;
    if (channel !== undefined && !(channel >= 0 && channel < channels))
      throw new AsrError(
        'input',
        `${where}: channel ${channel + 1} is wanted, but it has ${channels}`,
        'Correct the channel in the manifest; files count from 0, A is the first.',
      );
    this.#options = { ...options, channel };
    this.#mix = { channel, scale: 1, note: undefined };
    this.#open = options.lookFirst === true;
    this.#later = new LaterSound(rate, channels);
    this.#where = where;
    this.sourceRate = rate;
    this.sourceChannels = channels;
    this.#resampler = rate === sampleRate ? undefined : new Resampler(rate);
  }

  /** @param interleaved [frames * channels], full scale 1. @returns the samples that are now certain, on the grid */
  push(interleaved: Float32Array | Float64Array): Int16Array {
    if (!this.#open) return this.#convert(interleaved);
    this.#held.push(interleaved);
    this.#heldLength += interleaved.length;
    const enough = Math.min(mostHeld, lookedAtSeconds * this.sourceRate * this.sourceChannels);
    return this.#heldLength < enough ? new Int16Array(0) : this.#release();
  }

  /** Why the sound was not taken as it is, or should not have been; known whole at the end. */
  get note(): string | undefined {
    const later = this.#options.lookFirst === true ? this.#later.note(this.#mix) : undefined;
    return this.#mix.note === undefined || later === undefined
      ? (this.#mix.note ?? later)
      : `${this.#mix.note}; ${later}`;
  }

  #release(): Int16Array {
    const held = join(this.#held, this.#heldLength);
    this.#held = [];
    this.#heldLength = 0;
    const mix = chooseMix(held, this.sourceChannels, this.#options);
    if (mix) {
      this.#mix = mix;
      this.#open = false;
    }
    return this.#convert(held);
  }

  #convert(interleaved: Float32Array | Float64Array): Int16Array {
    const mono = this.#average(interleaved);
    return this.#toGrid(this.#resampler ? this.#resampler.push(mono) : mono);
  }

  /** The rest. @throws AsrError 'input' when no sample came, or some were NaN or infinite */
  finish(): Int16Array {
    const begun = this.#heldLength > 0 ? this.#release() : new Int16Array(0);
    const ended = this.#toGrid(this.#resampler ? this.#resampler.finish() : new Float64Array(0));
    const rest = new Int16Array(begun.length + ended.length);
    rest.set(begun);
    rest.set(ended, begun.length);
    this.refuseBroken();
    if (this.#made === 0)
      throw new AsrError('input', `${this.#where}: holds 0 samples`, 'Record or export it again, or leave it out.');
    return rest;
  }

  /** @throws AsrError 'input' when some samples so far were NaN or infinite */
  refuseBroken(): void {
    if (this.#broken > 0)
      throw new AsrError(
        'input',
        `${this.#where}: ${this.#broken} samples are NaN or infinite`,
        'Export the sound again from its source.',
      );
  }

  #average(interleaved: Float32Array | Float64Array): Float64Array {
    const channels = this.sourceChannels;
    const { channel, scale } = this.#mix;
    const parts = channel === undefined ? channels : 1;
    const mono = new Float64Array(Math.floor(interleaved.length / channels)); // [frames * channels] -> [frames]
    let broken = 0;
    for (let frame = 0, at = 0; frame < mono.length; frame++) {
      let sum = 0;
      if (channel === undefined) {
        let own = 0;
        for (let c = 0; c < channels; c++) {
          const value = interleaved[at++] as number;
          sum += value;
          own += value * value;
        }
        this.#later.add(sum / channels, own / channels);
      } else sum = interleaved[frame * channels + channel] as number;
      if (Number.isFinite(sum)) {
        const value = (sum / parts) * scale;
        mono[frame] = value;
        this.#later.reach(value);
      } else broken++;
    }
    this.#broken += broken;
    return mono;
  }

  #toGrid(mono: Float64Array): Int16Array {
    const grid = new Int16Array(mono.length);
    for (let i = 0; i < grid.length; i++) {
      grid[i] = Math.max(-fullScale, Math.min(fullScale, Math.round((mono[i] as number) * fullScale)));
    }
    this.#made += grid.length;
    return grid;
  }
}

function join(parts: readonly (Float32Array | Float64Array)[], length: number): Float32Array | Float64Array {
  const whole = parts.some((part) => part instanceof Float64Array)
    ? new Float64Array(length)
    : new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Keeps all samples of a MonoStream. */
export class MonoCollector {
  readonly #stream: MonoStream;
  #chunks: Int16Array[] = [];
  #length = 0;

  /** @throws AsrError 'input' when rate or channel count cannot be meant */
  constructor(where: string, rate: number, channels: number, options: MixOptions = {}) {
    this.#stream = new MonoStream(where, rate, channels, options);
  }

  /** @param interleaved [frames * channels], full scale 1 */
  push(interleaved: Float32Array | Float64Array): void {
    this.#keep(this.#stream.push(interleaved));
  }

  /** @throws AsrError 'input' when no sample came, or some were NaN or infinite */
  finish(): GridAudio {
    this.#keep(this.#stream.finish());
    const samples = new Int16Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      samples.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [];
    const { sourceRate, sourceChannels, note } = this.#stream;
    return { samples, sourceRate, sourceChannels, ...(note === undefined ? {} : { note }) };
  }

  #keep(grid: Int16Array): void {
    if (grid.length > 0) this.#chunks.push(grid);
    this.#length += grid.length;
  }
}

/** Integers of the 16-bit grid to samples of full scale 1. */
export function fromGrid(grid: Int16Array | Float32Array | Int32Array): Float32Array {
  const samples = new Float32Array(grid.length);
  for (let i = 0; i < samples.length; i++) samples[i] = (grid[i] as number) / fullScale;
  return samples;
}

/** Samples that lie on the 16-bit grid back to its integers. */
export function toGrid(samples: Float32Array): Int16Array<ArrayBuffer> {
  // `Int16Array.from` with a function takes many times as long.
  const grid = new Int16Array(samples.length);
  for (let i = 0; i < grid.length; i++) grid[i] = Math.round((samples[i] as number) * fullScale);
  return grid;
}
