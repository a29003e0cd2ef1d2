// What is said while it is said: samples as they come in; partial transcripts of the stretch of speech
// that goes on, and a final one at each pause, out. Memory holds one stretch; the work of a second of
// sound does not grow with the stream.
import { usualGrid } from '../core/frame-grid.js';
import type { Lifetime } from '../core/disposal.js';
import type { Region } from '../core/records.js';
import { sampleRate, type Samples, samplesOf } from '../core/time.js';
import { FrameSums } from '../features/normalise.js';
import { findUtterances } from '../vad/find.js';
import { RunningPeak } from '../vad/running-peak.js';
import { recogniseGroups, pastFrames, type ModelParts } from './parts.js';
import type { RecognisedUtterance } from './transcript.js';

/** Times in samples of the stream. A partial transcript is replaced by the next event; a final one stays. */
export interface LiveEvent {
  readonly kind: 'partial' | 'final';
  readonly utterance: RecognisedUtterance;
}

export interface LiveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Seconds of new sound between partial transcripts; default 0.5. */
  readonly every?: number | undefined;
  /** Seconds of silence that end a stretch; default 0.6. */
  readonly pause?: number | undefined;
}

/** A stretch without a pause is cut at its quietest place after so many seconds; longer ones would be heard late. */
const longestStretch = 15;
const frame = usualGrid.hop;

/** Live sound that is given piece by piece: for those who cannot hand over a stream, as from another thread. */
export interface Listener {
  /** @param piece mono, 16 kHz, in [-1, 1], of any length @throws AsrError 'input' when a sample is not finite */
  hear(piece: Float32Array): AsyncGenerator<LiveEvent>;
  /** What was not final yet. */
  finish(): AsyncGenerator<LiveEvent>;
}

export function listen(parts: ModelParts, { signal, every = 0.5, pause = 0.6 }: LiveOptions, life: Lifetime): Listener {
  life.refuseOver();
  const stretch = new Stretch(parts, samplesOf(pause), life);
  const step = samplesOf(every);
  return {
    async *hear(piece) {
      for (let taken = 0; taken < piece.length;) {
        signal?.throwIfAborted();
        // Looked at after every step of sound, however it comes: what is final does not depend on the size of pieces.
        const part = piece.subarray(taken, taken + step - stretch.fresh);
        stretch.add(part);
        taken += part.length;
        if (stretch.fresh === step) yield* stretch.look();
      }
    },
    async *finish() {
      signal?.throwIfAborted();
      yield* stretch.finish();
    },
  };
}

/** @param pieces mono, 16 kHz, in [-1, 1], of any length each, as they come */
export async function* recogniseLive(
  parts: ModelParts,
  pieces: AsyncIterable<Float32Array>,
  options: LiveOptions,
  life: Lifetime,
): AsyncGenerator<LiveEvent> {
  const listener = listen(parts, options, life);
  for await (const piece of pieces) yield* listener.hear(piece);
  yield* listener.finish();
}

class Stretch {
  readonly #loudness = new RunningPeak();
  readonly #past: FrameSums;
  #held = new Float32Array(1 << 17);
  #length = 0;
  /** Position of the first held sample in the stream. */
  #start = 0;
  /** Samples that came after the last look. */
  fresh = 0;
  #said = '';
  /** Seconds that the last partial transcript took, and seconds of sound that came since. */
  #took = 0;
  #owed = 0;

  constructor(
    private readonly parts: ModelParts,
    private readonly pause: number,
    private readonly life: Lifetime,
  ) {
    this.#past = new FrameSums(parts.extractor.dim);
  }

  add(piece: Float32Array): void {
    if (this.#length + piece.length > this.#held.length) {
      const longer = new Float32Array(2 * (this.#length + piece.length));
      longer.set(this.#held.subarray(0, this.#length));
      this.#held = longer;
    }
    this.#held.set(piece, this.#length);
    this.#length += piece.length;
    this.fresh += piece.length;
  }

  /** What came since counts in the loudness of all. */
  #listen(): void {
    if (this.fresh > 0) this.#loudness.add(this.#held.subarray(this.#length - this.fresh, this.#length));
    this.fresh = 0;
  }

  async *look(): AsyncGenerator<LiveEvent> {
    this.#owed += this.fresh / sampleRate;
    this.#listen();
    const groups = await this.#groups(this.#length);
    const end = groups.at(-1)?.at(-1)?.[1];
    if (end === undefined) {
      // Nobody speaks: what was heard of silence is let go, but for a moment in which a word may begin.
      this.#drop(Math.max(0, this.#length - this.pause));
      return;
    }
    if (this.#length - end >= this.pause) {
      yield* this.#end(groups, Math.min(this.#length, end + (this.pause >> 1)));
      return;
    }
    if (this.#length > longestStretch * sampleRate) {
      const cut = quietest(this.#held.subarray(0, this.#length));
      yield* this.#end(await this.#groups(cut), cut);
      return;
    }
    // Where recognising takes longer than the sound that came meanwhile, partial
    // transcripts come less often, not later.
    if (this.#owed < this.#took) return;
    const started = performance.now();
    const utterance = joined(await this.#hear(groups, false));
    this.#took = (performance.now() - started) / 1000;
    this.#owed = 0;
    const said = saidIn(utterance);
    if (!utterance || said === this.#said) return;
    this.#said = said;
    yield { kind: 'partial', utterance };
  }

  async *finish(): AsyncGenerator<LiveEvent> {
    this.#listen();
    yield* this.#end(await this.#groups(this.#length), this.#length);
  }

  async *#end(groups: readonly Region[][], cut: number): AsyncGenerator<LiveEvent> {
    for (const utterance of await this.#hear(groups, true)) yield { kind: 'final', utterance };
    this.#drop(cut);
    this.#said = '';
  }

  async #groups(length: number): Promise<Region[][]> {
    const { record, detector } = this.parts;
    const found = await findUtterances(this.#held.subarray(0, length), record.vad, detector, this.#loudness.value);
    return typeof found === 'string' ? [] : found;
  }

  /** @param keep what is heard now counts in the normalisation of what comes */
  #hear(groups: readonly Region[][], keep: boolean): Promise<RecognisedUtterance[]> {
    const past = keep ? this.#past : this.#past.copy();
    past.fade(pastFrames);
    const samples = this.#held.subarray(0, this.#length);
    const block = { samples, groups, start: this.#start as Samples };
    return collected(recogniseGroups(this.parts, block, { past, voice: {} }, { life: this.life }));
  }

  #drop(cut: number): void {
    this.#held.copyWithin(0, cut, this.#length);
    this.#length -= cut;
    this.#start += cut;
  }
}

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function joined(utterances: readonly RecognisedUtterance[]): RecognisedUtterance | undefined {
  const [first] = utterances;
  if (!first) return undefined;
  const words = utterances.some((utterance) => utterance.words)
    ? utterances.flatMap((utterance) => utterance.words ?? [])
    : undefined;
  return {
    start: first.start,
    end: utterances.at(-1)!.end,
    phones: utterances.flatMap(({ phones }) => phones),
    ...(words ? { words } : {}),
  };
}

const saidIn = (utterance: RecognisedUtterance | undefined): string =>
  (utterance?.words?.map(({ word }) => word) ?? utterance?.phones.map(({ phone }) => phone) ?? []).join(' ');

/** The quietest frame of the second half. */
function quietest(samples: Float32Array): number {
  let best = samples.length;
  let least = Infinity;
  for (let at = samples.length >> 1; at + frame <= samples.length; at += frame) {
    let energy = 0;
    for (let i = at; i < at + frame; i++) energy += samples[i]! ** 2;
    if (energy < least) {
      least = energy;
      best = at + (frame >> 1);
    }
  }
  return best;
}
