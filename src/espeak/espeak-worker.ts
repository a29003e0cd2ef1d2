// The thread that eSpeak NG (GPL-3.0, optional npm package) runs in, since some texts never come back from it: requests
// in, IPA or speech with phone times out. Only this file loads the package.
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { workerData, type MessagePort } from 'node:worker_threads';
import { AsrError, toAsrError } from '../core/errors.js';
import { ownThread } from '../core/thread-time.js';
import type { EspeakVoice, Speech, SpokenPhone } from './speech.js';
import { VoiceNames, type ListedVoice } from './voices.js';

/** What the thread is started with. */
export interface EspeakThread {
  /** The package's module. */
  readonly entry: string;
  readonly variants: Readonly<Record<string, string>>;
  readonly port: MessagePort;
  /** [2]: 1 when an answer has been posted; the thread's number (see thread-time.ts). */
  readonly done: Int32Array<SharedArrayBuffer>;
}

export type EspeakRequest =
  | { readonly kind: 'phonemise'; readonly text: string; readonly language: string }
  | { readonly kind: 'synthesise'; readonly text: string; readonly voice: EspeakVoice };

export type EspeakAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'ipa'; readonly ipa: string }
  | { readonly kind: 'speech'; readonly speech: Speech }
  | {
      readonly kind: 'failed';
      readonly code: AsrError['code'];
      readonly message: string;
      readonly hint: string | undefined;
    };

interface WorkerEvent {
  readonly type: string;
  readonly audio_position: number;
  readonly id: string | number | undefined;
}

/** The part of the package's worker object that is used here (it ships no types). */
interface EspeakWorker {
  list_voices(): readonly ListedVoice[];
  /** 0 when the voice was found. */
  set_voice(name: string): number;
  set_rate(wordsPerMinute: number): void;
  set_pitch(pitch: number): void;
  set_range(range: number): void;
  get_samplerate(): number;
  synthesize(text: string, callback: (audio: Int16Array | undefined, events: readonly WorkerEvent[]) => number): void;
  /** Its result is a pointer to a C string in the module's memory. */
  convert_to_phonemes(text: string, ipa: boolean): { readonly ptr: number };
}

interface EspeakModule {
  readonly HEAPU8: Uint8Array;
  /** Emscripten's file system with eSpeak's data in it. */
  readonly FS: { readdir(path: string): string[]; writeFile(path: string, content: string): void };
  readonly eSpeakNGWorker: new () => EspeakWorker | Promise<EspeakWorker>;
}

interface Voices {
  phonemise(text: string, language: string): string;
  synthesise(text: string, voice: EspeakVoice): Speech;
}

const { entry, variants, port, done } = workerData as EspeakThread;
Atomics.store(done, 1, ownThread());

const answer = (message: EspeakAnswer): void => {
  port.postMessage(message);
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
};

function fail(thrown: unknown): void {
  const { code, message, hint } = toAsrError(thrown);
  answer({ kind: 'failed', code, message, hint });
}

try {
  const { default: create } = (await import(pathToFileURL(entry).href)) as {
    default: (options: object) => Promise<EspeakModule>;
  };
  const module = await create({
    locateFile: (file: string) => join(dirname(entry), file),
    // eSpeak reports what it dislikes in its own data on stdout, which belongs to results.
    print: ignore,
    printErr: ignore,
  });
  for (const [name, content] of Object.entries(variants)) module.FS.writeFile(`${variantsFolder()}/${name}`, content);
  const espeak = wrap(module, await new module.eSpeakNGWorker());
  port.on('message', (request: EspeakRequest) => {
    try {
      if (request.kind === 'phonemise') answer({ kind: 'ipa', ipa: espeak.phonemise(request.text, request.language) });
      else answer({ kind: 'speech', speech: espeak.synthesise(request.text, request.voice) });
    } catch (thrown) {
      fail(thrown);
    }
  });
  answer({ kind: 'ready' });
} catch (thrown) {
  fail(thrown);
}

/** Where the data package is mounted; each file there is a variant. A function, since it is called above. */
function variantsFolder(): string {
  return '/usr/share/espeak-ng-data/voices/!v';
}

function ignore(): void {
  /* nothing is said */
}

function wrap(module: EspeakModule, worker: EspeakWorker): Voices {
  const names = new VoiceNames(
    worker.list_voices(),
    module.FS.readdir(variantsFolder()).filter((name) => !name.startsWith('.')),
  );
  let current = '';
  const choose = (name: string): void => {
    if (name === current) return;
    if (worker.set_voice(names.resolve(name)) !== 0) {
      throw new AsrError(
        'config',
        `eSpeak NG cannot load its voice "${name}"`,
        'Reinstall the package; its data may be damaged.',
      );
    }
    current = name;
  };
  return {
    phonemise(text, language) {
      choose(language);
      return readCString(module.HEAPU8, worker.convert_to_phonemes(text, true).ptr);
    },
    synthesise(text, voice) {
      choose(voice.name);
      worker.set_rate(voice.rate ?? 175);
      worker.set_pitch(voice.pitch ?? 50);
      worker.set_range(voice.pitchRange ?? 50);
      const sampleRate = worker.get_samplerate();
      const chunks: Int16Array[] = [];
      const phones: SpokenPhone[] = [];
      worker.synthesize(text, (audio, events) => {
        if (audio && audio.length > 0) chunks.push(audio);
        for (const event of events) {
          // eSpeak gives positions in milliseconds.
          if (event.type === 'phoneme')
            phones.push({
              phone: String(event.id ?? ''),
              start: Math.round((event.audio_position * sampleRate) / 1000),
            });
        }
        return 0;
      });
      return { samples: concatenate(chunks), sampleRate, phones };
    },
  };
}

function readCString(memory: Uint8Array, start: number): string {
  return new TextDecoder().decode(memory.subarray(start, memory.indexOf(0, start)));
}

function concatenate(chunks: readonly Int16Array[]): Float32Array {
  const samples = new Float32Array(chunks.reduce((n, chunk) => n + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    for (let i = 0; i < chunk.length; i++) samples[at + i] = (chunk[i] as number) / 32768;
    at += chunk.length;
  }
  return samples;
}
