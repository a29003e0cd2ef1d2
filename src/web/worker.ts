// The thread of the exported page that hears: sound and questions in as messages, transcripts out. Nothing in it
// knows of a server; what it fetches are the files beside it.
import { decodeWav, looksLikeWav } from '../audio/wav.js';
import { fromGrid, MonoCollector, MonoStream } from '../audio/mono.js';
import { AsrError, inSentences } from '../core/errors.js';
import { sampleRate, type Samples } from '../core/time.js';
import { eaf } from '../transcribe/formats/elan.js';
import { srt } from '../transcribe/formats/subtitles.js';
import { textGrid } from '../transcribe/formats/textgrid.js';
import type { Model } from '../transcribe/model.js';
import { recogniseSound, transcriptOf, type SoundPieces } from '../transcribe/recognise-sound.js';
import { inSeconds, textOf, utteranceInSeconds, withoutWords, type Transcript } from '../transcribe/transcript.js';
import { openBrowserModel } from './browser-model.js';
import { loadRuntime } from './runtime-session.js';
import type { WebModel } from './web-model.js';

/** What the page asks; `id` comes back with the answer. */
export type PageQuestion = { readonly id: number } & (
  | { readonly ask: 'about' }
  | { readonly ask: 'transcribe'; readonly name: string; readonly sound: DecodedSound }
  | { readonly ask: 'write'; readonly transcript: Transcript; readonly format: string }
  | { readonly ask: 'live'; readonly rate: number }
  | { readonly ask: 'samples'; readonly samples: Int16Array }
  | { readonly ask: 'end' }
);
/** A file that is looked at here; or samples that the browser made of one. */
export type DecodedSound =
  { readonly wav: Uint8Array } | { readonly channels: readonly Float32Array[]; readonly rate: number };

interface Scope {
  readonly location: { readonly href: string };
  onmessage: ((event: { readonly data: PageQuestion }) => void) | null;
  postMessage(message: object): void;
}
const scope = globalThis as unknown as Scope;
const here = (path: string): string => new URL(path, scope.location.href).href;

let opened: Promise<{ model: Model; about: WebModel }> | undefined;
const open = (): Promise<{ model: Model; about: WebModel }> =>
  (opened ??= (async () => {
    await loadRuntime(here('runtime/'));
    return openBrowserModel(async (name) => {
      const response = await fetch(here(`../model/${name}`));
      if (!response.ok)
        throw new Error(`model/${name} is not there (${response.status}): copy the exported folder again, as a whole.`);
      return response.arrayBuffer();
    });
  })());

const writers: Readonly<Record<string, (transcript: Transcript) => string>> = {
  textgrid: textGrid,
  eaf: (transcript) => eaf({ ...transcript, file: '-' }),
  srt,
  json: (transcript) => `${JSON.stringify(transcript)}\n`,
};

function samplesOf(name: string, sound: DecodedSound): { samples: Float32Array; warning?: string | undefined } {
  if ('wav' in sound) {
    const decoded = looksLikeWav(sound.wav) ? decodeWav(sound.wav, name) : undefined;
    if (decoded) return { samples: fromGrid(decoded.samples), warning: decoded.warning };
    throw new AsrError('input', `${name}: no plain samples`);
  }
  const { channels, rate } = sound;
  const width = channels.length;
  const interleaved = Float32Array.from(
    { length: width * (channels[0]?.length ?? 0) },
    (_, i) => channels[i % width]![Math.floor(i / width)]!,
  );
  const collector = new MonoCollector(name, rate, width, { lookFirst: true });
  collector.push(interleaved);
  return { samples: fromGrid(collector.finish().samples) };
}

async function transcribe(name: string, sound: DecodedSound): Promise<Transcript> {
  const { model } = await open();
  const { samples, warning } = samplesOf(name, sound);
  return transcriptOf(name, recogniseSound(model, inPieces(samples, warning)));
}

async function* inPieces(samples: Float32Array, warning: string | undefined): SoundPieces {
  for (let at = 0; at < samples.length; at += sampleRate) yield samples.subarray(at, at + sampleRate);
  return warning;
}

/** Live sound that has come and was not heard yet. */
class Inbox {
  readonly #mono: MonoStream;
  readonly #waiting: Float32Array[] = [];
  #ended = false;
  #wake: () => void = () => undefined;
  samples = 0 as Samples;

  constructor(rate: number) {
    this.#mono = new MonoStream('the microphone', rate, 1);
  }

  push(piece: Int16Array): void {
    this.#take(this.#mono.push(Float32Array.from(piece, (value) => value / 32768)));
  }

  end(): void {
    this.#ended = true;
    this.#take(this.#mono.finish());
  }

  #take(grid: Int16Array): void {
    this.samples = (this.samples + grid.length) as Samples;
    this.#waiting.push(fromGrid(grid));
    this.#wake();
  }

  async *pieces(): AsyncGenerator<Float32Array> {
    for (;;) {
      const piece = this.#waiting.shift();
      if (piece) yield piece;
      else if (this.#ended) return;
      else await new Promise<void>((wake) => (this.#wake = wake));
    }
  }
}

let inbox: Inbox | undefined;

/** The same messages as the websocket of `asr serve` sends (docs/serve.md). */
async function live(rate: number, send: (message: object) => void): Promise<void> {
  const own = (inbox = new Inbox(rate));
  const { model, about } = await open();
  send({ type: 'ready' });
  for await (const { kind, utterance } of model.live(own.pieces())) {
    const { start, end, phones, words } = utteranceInSeconds(utterance);
    const text = textOf(about.words && words ? { phones, words } : { phones });
    send({ type: kind, start, end, phones, ...(words ? { words } : {}), text });
  }
  send({ type: 'end', seconds: inSeconds(own.samples) });
}

async function answer(question: PageQuestion, send: (message: object) => void): Promise<unknown> {
  switch (question.ask) {
    case 'about': {
      const { about } = await open();
      return about;
    }
    case 'transcribe':
      return shown(await transcribe(question.name, question.sound), (await open()).about);
    case 'write':
      return writers[question.format]?.(question.transcript);
    case 'live':
      return live(question.rate, send);
    case 'samples':
      inbox?.push(question.samples);
      return undefined;
    case 'end':
      inbox?.end();
      return undefined;
  }
}

const shown = (transcript: Transcript, { words }: WebModel): Transcript =>
  words ? transcript : withoutWords(transcript);

scope.onmessage = ({ data }) => {
  const { id } = data;
  answer(data, (event) => {
    scope.postMessage({ id, event });
  }).then(
    (result) => {
      scope.postMessage({ id, result });
    },
    (thrown: unknown) => {
      const told = thrown instanceof AsrError ? inSentences(thrown) : undefined;
      scope.postMessage({ id, error: told ?? (thrown instanceof Error ? thrown.message : String(thrown)) });
    },
  );
};
