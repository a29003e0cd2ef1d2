// What stands in for the server in an exported page: the same questions, answered by a thread of this browser. Sound
// goes to that thread and nowhere else.
import { Refused } from './refused.js';
import type { LiveChannel, ModelCard } from './server.js';
import type { ShownTranscript } from './transcript.js';

export const token = (): string | null => null;
export const setToken = (): void => undefined;

interface About {
  readonly name: string;
  readonly card: string;
  readonly record: { readonly title: string; readonly phones: readonly string[]; readonly silence: string };
}
interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly event?: unknown;
}
interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onEvent?: ((event: unknown) => void) | undefined;
}

const worker = new Worker('assets/worker.js', { type: 'module' });
const waiting = new Map<number, Waiting>();
let last = 0;

worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
  const asked = waiting.get(data.id);
  if (data.event !== undefined) {
    asked?.onEvent?.(data.event);
    return;
  }
  waiting.delete(data.id);
  if (data.error === undefined) asked?.resolve(data.result);
  else asked?.reject(new Refused(0, data.error));
});
worker.addEventListener('error', () => {
  for (const { reject } of waiting.values())
    reject(
      new Refused(0, 'This browser cannot run the page: it needs modules in workers and WebAssembly (any of 2023).'),
    );
  waiting.clear();
});

function ask(question: object, transfer: Transferable[] = [], onEvent?: (event: unknown) => void): Promise<unknown> {
  const id = ++last;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject, onEvent });
    worker.postMessage({ ...question, id }, transfer);
  });
}

let about: Promise<About> | undefined;
const known = (): Promise<About> => (about ??= ask({ ask: 'about' }) as Promise<About>);

export const modelNames = async (): Promise<string[]> => [(await known()).name];

export async function modelCard(): Promise<ModelCard> {
  const { card, record } = await known();
  return { title: record.title, phones: record.phones.filter((phone) => phone !== record.silence), card };
}

export async function transcribe(file: File): Promise<ShownTranscript> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.length === 0) throw new Refused(0, `${file.name}: the file is empty.`);
  const wav = tagAt(bytes, 8) === 'WAVE';
  if (wav) {
    const own = bytes.slice();
    const recognised = await ask({ ask: 'transcribe', name: file.name, sound: { wav: own } }, [own.buffer]).catch(
      (error: unknown) => {
        // Compressed samples in a wav file: the browser may know them.
        if (error instanceof Refused && error.message.includes('no plain samples')) return undefined;
        throw error;
      },
    );
    if (recognised !== undefined) return recognised as ShownTranscript;
  }
  const { channels, rate } = await decoded(file.name, bytes);
  const sound = { channels, rate };
  return (await ask(
    { ask: 'transcribe', name: file.name, sound },
    channels.map(({ buffer }) => buffer),
  )) as ShownTranscript;
}

const tagAt = (bytes: Uint8Array, from: number): string => String.fromCharCode(...bytes.subarray(from, from + 4));

/** The rate of a flac file stands in its first block; what else there is browsers decode at 48 kHz. */
function rateOf(bytes: Uint8Array): number {
  if (tagAt(bytes, 0) !== 'fLaC' || bytes.length < 22) return 48_000;
  const rate = (bytes[18]! << 12) | (bytes[19]! << 4) | (bytes[20]! >> 4);
  return rate >= 8000 && rate <= 96_000 ? rate : 48_000;
}

async function decoded(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ channels: Float32Array<ArrayBuffer>[]; rate: number }> {
  const rate = rateOf(bytes);
  try {
    const sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes.buffer.slice(0));
    const channels = Array.from({ length: sound.numberOfChannels }, (_, c) => sound.getChannelData(c).slice());
    return { channels, rate: sound.sampleRate };
  } catch {
    throw new Refused(
      0,
      `${name}: this browser cannot read it as sound. Save it as wav, flac, mp3 or ogg, and try again.`,
    );
  }
}

export async function inFormat(transcript: ShownTranscript, format: string): Promise<Blob> {
  return new Blob([(await ask({ ask: 'write', transcript, format })) as string]);
}

/** Looks like a websocket of the server to the microphone. */
export function liveSocket(_model: string, rate: number): LiveChannel {
  const events = new EventTarget();
  const tell = (type: string, data?: unknown): void => {
    events.dispatchEvent(new MessageEvent(type, { data }));
  };
  const session = ask({ ask: 'live', rate }, [], (event) => {
    if ((event as { type: string }).type === 'ready') tell('open');
    else tell('message', JSON.stringify(event));
  });
  session.catch((error: unknown) => {
    tell('message', JSON.stringify({ type: 'error', error: { message: (error as Error).message } }));
    tell('error');
  });
  return {
    readyState: WebSocket.OPEN,
    send: (data) => {
      if (typeof data === 'string') void ask({ ask: 'end' });
      else void ask({ ask: 'samples', samples: data });
    },
    addEventListener: (type, listener) => {
      events.addEventListener(type, (event) => {
        listener(event as MessageEvent);
      });
    },
  };
}
