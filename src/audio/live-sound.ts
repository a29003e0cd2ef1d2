// Sound that is still coming, as bytes of a pipe, in; mono 16 kHz samples out as soon as they are there. Wav and bare
// samples are read here, other containers by ffmpeg.
import { soundOf } from './ffmpeg.js';
import { sampleRate } from '../core/time.js';
import { fromGrid, MonoStream } from './mono.js';
import { looksLikeWav, wavLayout, wavSamples, type WavLayout } from './wav.js';

/** Bare samples, as a pipe without a header carries them. */
export interface RawSound {
  /** Hz */
  readonly rate: number;
  /** Interleaved; they are averaged. */
  readonly channels: number;
  readonly encoding: 's16le' | 'f32le';
}

export const rawSound: RawSound = { rate: sampleRate, channels: 1, encoding: 's16le' };

export interface LiveSoundOptions {
  /** auto = a container where the first bytes are those of one, else bare samples. */
  readonly kind?: 'auto' | 'raw' | 'container';
  /** What bare samples are; default 16 kHz, mono, 16 bits. */
  readonly raw?: Partial<RawSound>;
  /** Ends the sound; what came before it still comes out. */
  readonly signal?: AbortSignal | undefined;
}

/** Bytes that are looked at to tell what it is; a header of wav ends long before. */
const mostHeader = 1 << 16;

/**
 * @param input bytes of any number each
 * @throws AsrError 'input' where they are no sound, 'dependency' where they need ffmpeg and there is none
 */
export async function* liveSound(
  input: AsyncIterable<Uint8Array>,
  { kind = 'auto', raw = {}, signal }: LiveSoundOptions = {},
): AsyncGenerator<Float32Array> {
  const where = 'standard input';
  const bytes = new Peeked(input, signal);
  const head = kind === 'raw' ? Buffer.alloc(0) : await bytes.peek(12);
  if (looksLikeWav(head)) {
    const layout = await wavHeader(bytes);
    if (layout) {
      await bytes.skip(layout.start);
      yield* samplesOf(bytes, where, layout);
      return;
    }
  }
  if (kind === 'container' || (kind === 'auto' && isContainer(head))) yield* byFfmpeg(bytes, where);
  else {
    const { rate, channels, encoding } = { ...rawSound, ...raw };
    const float = encoding === 'f32le';
    yield* samplesOf(bytes, where, { float, bits: float ? 32 : 16, channels, rate, littleEndian: true });
  }
}

async function wavHeader(bytes: Peeked): Promise<WavLayout | undefined> {
  for (let size = 44; size <= mostHeader; size *= 2) {
    const head = await bytes.peek(size);
    const layout = wavLayout(head);
    if (layout || head.length < size) return layout;
  }
  return undefined;
}

type SampleLayout = Omit<WavLayout, 'start' | 'promised'>;

async function* samplesOf(bytes: Peeked, where: string, layout: SampleLayout): AsyncGenerator<Float32Array> {
  const mono = new MonoStream(where, layout.rate, layout.channels);
  const frameBytes = (layout.channels * layout.bits) / 8;
  let rest = Buffer.alloc(0);
  for await (const piece of bytes) {
    const held = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const frames = Math.floor(held.length / frameBytes);
    rest = Buffer.from(held.subarray(frames * frameBytes));
    const view = new DataView(held.buffer, held.byteOffset, frames * frameBytes);
    const samples = mono.push(wavSamples(view, 0, frames * layout.channels, layout));
    mono.refuseBroken();
    if (samples.length > 0) yield fromGrid(samples);
  }
  yield fromGrid(mono.finish());
}

async function* byFfmpeg(bytes: Peeked, where: string): AsyncGenerator<Float32Array> {
  let mono: MonoStream | undefined;
  for await (const { rate, channels, samples } of soundOf(bytes, where)) {
    mono ??= new MonoStream(where, rate, channels);
    const made = mono.push(samples);
    mono.refuseBroken();
    if (made.length > 0) yield fromGrid(made);
  }
  if (mono) yield fromGrid(mono.finish());
}

/** First bytes of containers. A bare stream of mp3 or aac frames may begin like samples: it has to be named. */
const beginnings: readonly (readonly [number, string])[] = [
  ...['RIFF', 'RIFX', 'RF64', 'BW64', 'OggS', 'fLaC', 'FORM', '.snd', 'caff', 'ID3', 'NIST', '#!AMR', 'MAC '].map(
    (text) => [0, text] as const,
  ),
  [0, '\x1aE\xdf\xa3'],
  [4, 'ftyp'],
  [0, 'FLV'],
];

const isContainer = (head: Buffer): boolean =>
  beginnings.some(([at, text]) => head.toString('latin1', at, at + text.length) === text);

/** Bytes whose beginning may be looked at before they are taken. */
class Peeked implements AsyncIterable<Buffer> {
  #held = Buffer.alloc(0);
  readonly #input: AsyncIterator<Uint8Array>;

  constructor(
    input: AsyncIterable<Uint8Array>,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.#input = input[Symbol.asyncIterator]();
  }

  /** @returns so many bytes, or all that there are */
  async peek(count: number): Promise<Buffer> {
    while (this.#held.length < count) {
      const piece = await this.#next();
      if (!piece) break;
      this.#held = Buffer.concat([this.#held, piece]);
    }
    return this.#held.subarray(0, count);
  }

  async skip(count: number): Promise<void> {
    await this.peek(count);
    this.#held = this.#held.subarray(count);
  }

  async #next(): Promise<Buffer | undefined> {
    const next = this.signal?.aborted ? undefined : await orStopped(this.#input.next(), this.signal);
    return next === undefined || next.done
      ? undefined
      : Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      if (this.#held.length > 0) yield this.#held;
      this.#held = Buffer.alloc(0);
      for (let piece = await this.#next(); piece; piece = await this.#next()) yield piece;
    } finally {
      void this.#input.return?.(); // a pipe that waits for its next bytes does not answer
    }
  }
}

/** @returns undefined when `signal` is aborted first: a pipe on which nothing comes is left at once */
async function orStopped<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (!signal) return work;
  let stop: () => void = () => undefined;
  const stopped = new Promise<undefined>((done) => {
    stop = () => {
      done(undefined);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
