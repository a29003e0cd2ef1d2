// eSpeak NG (GPL-3.0, optional npm package): text in, IPA or speech with phone times out.
// Loaded on demand and in this file alone, so that everything else runs without it.
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { AsrError } from '../core/errors.js';
import { VoiceNames, type ListedVoice } from './voices.js';

export interface EspeakVoice {
  /** eSpeak's name of the language and variant, for instance `es` or `es+f2`. */
  readonly name: string;
  /** Words per minute, 80 to 450. */
  readonly rate?: number;
  /** 0 to 99; 50 is the voice's own. */
  readonly pitch?: number;
  /** Liveliness of the intonation, 0 to 99; 50 is the voice's own. */
  readonly pitchRange?: number;
}

/** A phone as the synthesiser spoke it: eSpeak's IPA symbol and its start in samples of the speech. */
export interface SpokenPhone {
  readonly phone: string;
  readonly start: number;
}

export interface Speech {
  readonly samples: Float32Array;
  readonly sampleRate: number;
  readonly phones: readonly SpokenPhone[];
}

export interface Espeak {
  /** IPA of a clause: phones separated by `_`, words by spaces, stress marks kept. @throws AsrError 'config' for an unknown language */
  phonemise(text: string, language: string): string;
  /** @throws AsrError 'config' for an unknown voice */
  synthesise(text: string, voice: EspeakVoice): Speech;
}

const packageName = '@echogarden/espeak-ng-emscripten';

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

let loading: Promise<Espeak> | undefined;

/** @throws AsrError 'dependency' with the install command where the package is missing */
export function loadEspeak(): Promise<Espeak> {
  loading ??= createEspeak();
  return loading;
}

/**
 * A synthesiser of one's own (40 ms). What eSpeak says depends a little on what it said before, so speech that must
 * come out the same after an interruption is spoken by a fresh one from the start.
 * @param variants further voice variants, name to file content (eSpeak's `voices/!v`); used as `de+name`
 * @throws AsrError 'dependency' as loadEspeak
 */
export async function createEspeak(variants: Readonly<Record<string, string>> = {}): Promise<Espeak> {
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(packageName);
  } catch (error) {
    throw new AsrError(
      'dependency',
      `pronunciation and synthesis with eSpeak NG need the npm package ${packageName}`,
      `Install it with: npm install ${packageName}   (or give a lexicon file: text.pronunciation=lexicon)`,
      error,
    );
  }
  const { default: create } = (await import(pathToFileURL(entry).href)) as {
    default: (options: object) => Promise<EspeakModule>;
  };
  const module = await create({
    locateFile: (file: string) => join(dirname(entry), file),
    // eSpeak reports what it dislikes in its own data on stdout, which belongs to results.
    print: ignore,
    printErr: ignore,
  });
  for (const [name, content] of Object.entries(variants)) module.FS.writeFile(`${variantsFolder}/${name}`, content);
  return wrap(module, await new module.eSpeakNGWorker());
}

const ignore = (): void => undefined;

/** Where the data package is mounted; each file there is a variant. */
const variantsFolder = '/usr/share/espeak-ng-data/voices/!v';

function wrap(module: EspeakModule, worker: EspeakWorker): Espeak {
  const names = new VoiceNames(
    worker.list_voices(),
    module.FS.readdir(variantsFolder).filter((name) => !name.startsWith('.')),
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
