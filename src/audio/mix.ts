// How interleaved samples become one channel: which channel is taken, or that all are averaged, and by what they are
// scaled. Decided on the beginning of a recording, so that a stream and a whole file come out the same; what turns
// out to be otherwise later is said.

export interface MixOptions {
  /** The channel to take, from 0; without it all are averaged. */
  readonly channel?: number | undefined;
  /** Of a single channel that one is taken, whatever `channel` says. */
  readonly orOnly?: boolean | undefined;
  /** Look at the sound first: channels that cancel each other out, samples far beyond full scale. */
  readonly lookFirst?: boolean | undefined;
  /** The largest sample where it is known beforehand, full scale 1. */
  readonly peak?: number | undefined;
}

export interface Mix {
  /** undefined: all channels are averaged. */
  readonly channel: number | undefined;
  readonly scale: number;
  /** What was done about the sound, for people. */
  readonly note: string | undefined;
}

/** Above this floats are no overshoot of a lossy codec or of a resampler. */
const overshoot = 2;
/** Sound below -70 dB of full scale says nothing. */
const silence = 1e-7;

/**
 * @param interleaved the beginning of the sound, [frames * channels]
 * @returns undefined where it is silent, so that a later part has to say
 */
export function chooseMix(
  interleaved: Float32Array | Float64Array,
  channels: number,
  { channel, peak: knownPeak }: MixOptions,
): Mix | undefined {
  const frames = Math.floor(interleaved.length / channels);
  const power = new Float64Array(channels);
  let averaged = 0;
  let peak = knownPeak ?? 0;
  for (let frame = 0, at = 0; frame < frames; frame++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) {
      const value = interleaved[at++] as number;
      if (!Number.isFinite(value)) continue;
      sum += value;
      power[c] = (power[c] as number) + value * value;
      if (knownPeak === undefined && Math.abs(value) > peak) peak = Math.abs(value);
    }
    averaged += (sum / channels) ** 2;
  }
  const total = power.reduce((sum, own) => sum + own, 0);
  if (total / Math.max(1, frames * channels) < silence) return undefined;
  const notes: string[] = [];
  let chosen = channel;
  if (channels > 1 && channel === undefined && cancels(averaged, total / channels, channels)) {
    chosen = power.indexOf(Math.max(...power));
    notes.push(`its channels cancel each other out (opposite phase): channel ${chosen + 1} alone is taken`);
  }
  const scale = scaleFor(peak, knownPeak !== undefined);
  if (scale !== 1 && peak > 1.05)
    notes.push(
      `its samples reach ${Number(peak.toPrecision(3))} times full scale: they are divided by ` +
        Number((1 / scale).toPrecision(5)),
    );
  return { channel: chosen, scale, note: notes.length > 0 ? notes.join('; ') : undefined };
}

/** Channels that have nothing in common leave 1/channels of their mean power in the average. */
const cancels = (averaged: number, mean: number, channels: number): boolean => averaged < (0.2 / channels) * mean;

/** Watches the mixed sound second by second, since a mix is chosen on its beginning. */
export class LaterSound {
  readonly #window: number;
  readonly #channels: number;
  #averaged = 0;
  #mean = 0;
  #frames = 0;
  #loud = 0;
  #lost = 0;
  #peak = 0;

  constructor(rate: number, channels: number) {
    this.#window = Math.round(rate);
    this.#channels = channels;
  }

  /** @param average of the channels. @param power the mean of their squares */
  add(average: number, power: number): void {
    this.#averaged += average * average;
    this.#mean += power;
    if (++this.#frames < this.#window) return;
    if (this.#mean / this.#frames >= silence) {
      this.#loud++;
      if (cancels(this.#averaged, this.#mean, this.#channels)) this.#lost++;
    }
    this.#averaged = this.#mean = this.#frames = 0;
  }

  /** @param value a sample as it comes out */
  reach(value: number): void {
    const size = Math.abs(value);
    if (size > this.#peak) this.#peak = size;
  }

  /** For people; undefined where nothing is to be said. */
  note({ channel }: Mix): string | undefined {
    const notes: string[] = [];
    if (channel === undefined && this.#channels > 1 && this.#lost > 0.05 * this.#loud)
      notes.push(
        `its channels cancel each other out in ${this.#lost} of ${this.#loud} seconds (opposite phase), ` +
          'which are all but silent: take one channel',
      );
    if (this.#peak > overshoot)
      notes.push(`later samples reach ${Number(this.#peak.toPrecision(3))} times full scale and are cut off`);
    return notes.length > 0 ? notes.join('; ') : undefined;
  }
}

/** Integers that were stored as floats are divided by their full scale; others by their peak. */
function scaleFor(peak: number, exact: boolean): number {
  if (peak <= (exact ? 1 : overshoot)) return 1;
  if (peak <= 100) return 1 / peak;
  return peak <= 0x8000 ? 1 / 0x8000 : peak <= 0x80000000 ? 1 / 0x80000000 : 1 / peak;
}
