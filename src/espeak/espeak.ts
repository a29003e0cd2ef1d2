// eSpeak NG (GPL-3.0, optional npm package): text in, IPA or speech with phone times out. It runs in a
// thread of its own, started on demand, which is ended when a text never comes back from it;
// everything else runs without the package.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';
import { AsrError } from '../core/errors.js';
import { shown } from '../core/shown.js';
import { threadSeconds } from '../core/thread-time.js';
import type { EspeakAnswer, EspeakRequest, EspeakThread } from './espeak-worker.js';
import type { EspeakVoice, Speech } from './speech.js';

export interface Espeak {
  /**
   * IPA of a clause: phones separated by `_`, words by spaces, stress marks kept.
   * @throws AsrError 'config' for an unknown language; UnspokenError where eSpeak does not come back
   */
  phonemise(text: string, language: string): string;
  /** @throws AsrError 'config' for an unknown voice; UnspokenError where eSpeak does not come back */
  synthesise(text: string, voice: EspeakVoice): Speech;
  /** Ends the thread; it would not keep the program alive. */
  dispose(): void;
}

/** eSpeak did not come back from a text. */
export class UnspokenError extends AsrError {
  constructor(text: string) {
    super(
      'input',
      `eSpeak NG does not come back from ${shown(text, 60)}`,
      'Take it out of the text, or give more time: ASR_ESPEAK_LIMIT=SECONDS.',
    );
  }
}

const packageName = '@echogarden/espeak-ng-emscripten';

let loading: Promise<Espeak> | undefined;

/** @throws AsrError 'dependency' with the install command where the package is missing */
export function loadEspeak(): Promise<Espeak> {
  loading ??= createEspeak();
  return loading;
}

/**
 * A synthesiser of one's own (100 ms). What eSpeak says depends a little on what it said before, so speech that must
 * come out the same after an interruption is spoken by a fresh one from the start.
 * @param variants further voice variants, name to file content (eSpeak's `voices/!v`); used as `de+name`
 * @throws AsrError 'dependency' as loadEspeak
 */
export function createEspeak(variants: Readonly<Record<string, string>> = {}): Promise<Espeak> {
  try {
    return Promise.resolve(new ThreadedEspeak(createRequire(import.meta.url).resolve(packageName), variants));
  } catch (error) {
    return Promise.reject(
      new AsrError(
        'dependency',
        `pronunciation and synthesis with eSpeak NG need the npm package ${packageName}`,
        `Install it with: npm install ${packageName}   (or give a lexicon file: text.pronunciation=lexicon)`,
        error,
      ),
    );
  }
}

/**
 * Seconds of computing of eSpeak's own thread for a text, and for each of its characters: a sentence takes a thousandth
 * of it. Not of the clock, nor of the process: beside other work any sentence may take long.
 */
function limitFor(text: string): number {
  const given = Number(process.env.ASR_ESPEAK_LIMIT ?? '');
  return (given >= 0.1 && given <= 86_400 ? given : 5) + text.length * 0.005;
}

const startSeconds = 60;
/** Seconds of the clock after which an answer is given up in every case. */
const longestWait = 600;

interface Thread {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly done: Int32Array<SharedArrayBuffer>;
}

class ThreadedEspeak implements Espeak {
  readonly #entry: string;
  readonly #variants: Readonly<Record<string, string>>;
  #thread: Thread | undefined;
  /** Texts that were waited for once already. */
  readonly #unspoken = new Set<string>();

  constructor(entry: string, variants: Readonly<Record<string, string>>) {
    this.#entry = entry;
    this.#variants = variants;
  }

  phonemise(text: string, language: string): string {
    const answer = this.#ask({ kind: 'phonemise', text, language });
    return answer.kind === 'ipa' ? answer.ipa : '';
  }

  synthesise(text: string, voice: EspeakVoice): Speech {
    const answer = this.#ask({ kind: 'synthesise', text, voice });
    return answer.kind === 'speech' ? answer.speech : { samples: new Float32Array(0), sampleRate: 22_050, phones: [] };
  }

  dispose(): void {
    void this.#thread?.worker.terminate();
    this.#thread = undefined;
  }

  #ask(request: EspeakRequest): EspeakAnswer {
    const key = `${request.kind === 'phonemise' ? request.language : request.voice.name}\0${request.text}`;
    if (this.#unspoken.has(key)) throw new UnspokenError(request.text);
    // A text that is to blame hangs a fresh thread as well; on a busy machine any text may once be without an answer.
    const answer = this.#tryOnce(request) ?? this.#tryOnce(request);
    if (!answer) {
      this.#unspoken.add(key);
      throw new UnspokenError(request.text);
    }
    return checked(answer);
  }

  #tryOnce(request: EspeakRequest): EspeakAnswer | undefined {
    const thread = (this.#thread ??= this.#start());
    Atomics.store(thread.done, 0, 0);
    thread.port.postMessage(request);
    return this.#await(limitFor(request.text));
  }

  #start(): Thread {
    const { port1, port2 } = new MessageChannel();
    const done = new Int32Array(new SharedArrayBuffer(8));
    const workerData: EspeakThread = { entry: this.#entry, variants: this.#variants, port: port2, done };
    const worker = new Worker(workerFile(), { workerData, transferList: [port2] });
    worker.unref();
    // Whoever waits below learns it by the clock; a rejection would only end the program.
    worker.on('error', () => undefined);
    const thread = (this.#thread = { worker, port: port1, done });
    const answer = this.#await(startSeconds);
    if (!answer)
      throw new AsrError('dependency', 'eSpeak NG does not start', `Install it again: npm install ${packageName}`);
    checked(answer);
    return thread;
  }

  /** @returns undefined when no answer came in time; the thread is ended then */
  #await(seconds: number): EspeakAnswer | undefined {
    const thread = this.#thread;
    if (!thread) return undefined;
    const spent = stopwatch(thread);
    const until = performance.now() + longestWait * 1000;
    let came = false;
    while (!came) {
      // What wakes it may be the late notification of the answer before, whose number was read already.
      Atomics.wait(thread.done, 0, 0, 100);
      came = Atomics.load(thread.done, 0) === 1;
      if (!came && (spent() > seconds || performance.now() > until)) break;
    }
    const message = came ? (receiveMessageOnPort(thread.port) as { message: EspeakAnswer } | undefined) : undefined;
    if (!message) this.dispose();
    return message?.message;
  }
}

/**
 * Seconds that a thread has computed since now, without end where it is gone; those of the whole process where the
 * system does not tell threads apart.
 */
function stopwatch({ done }: Thread): () => number {
  const before = threadSeconds(Atomics.load(done, 1)) ?? 0; // a thread that is just starting has no number yet
  const all = process.cpuUsage();
  return () => {
    const number = Atomics.load(done, 1);
    if (number !== 0) return (threadSeconds(number) ?? Infinity) - before;
    const { user, system } = process.cpuUsage(all);
    return (user + system) / 1e6;
  };
}

/** Whoever runs the sources as they are (tests) has the thread's file where it is built. */
function workerFile(): URL {
  const beside = new URL('./espeak-worker.js', import.meta.url);
  return existsSync(beside) ? beside : new URL('../../dist/src/espeak/espeak-worker.js', import.meta.url);
}

function checked(answer: EspeakAnswer): EspeakAnswer {
  if (answer.kind === 'failed') throw new AsrError(answer.code, answer.message, answer.hint);
  return answer;
}
