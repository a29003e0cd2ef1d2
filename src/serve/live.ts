// Live sound over a websocket: binary messages of PCM in, partial and final transcripts out as JSON messages. The text
// message {"type":"end"} says that nothing more comes.
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { fromGrid, MonoStream } from '../audio/mono.js';
import { checked } from '../core/checked.js';
import { toAsrError } from '../core/errors.js';
import { sampleRate } from '../core/time.js';
import { utteranceInSeconds, type TranscribedUtterance } from '../transcribe/transcript.js';
import { inTokens, textOf } from './answers.js';
import { invalidValue, Refusal, refusalOf } from './refusal.js';
import type { ServeState } from './transcriptions.js';
import type { ServedModel } from './models.js';

/** Bytes of a message; a second of 48 kHz floats has 192,000. */
export const mostMessageBytes = 1 << 20;
/** Sound that was received and not heard yet, in seconds: more is not read from the socket. */
const mostBehind = 10;

const questionSchema = z.object({
  model: z.string().max(200).optional(),
  /** Hz of the samples. */
  rate: z.coerce.number().int().min(8000).max(192_000).default(sampleRate),
  format: z.enum(['s16le', 'f32le']).default('s16le'),
  tokens: z.enum(['words', 'phones']).optional(),
});
type LiveQuestion = z.infer<typeof questionSchema>;

/** @throws Refusal for a model that is not here, or a parameter that is not understood */
export function readLiveQuestion(
  request: IncomingMessage,
  state: ServeState,
): { question: LiveQuestion; model: ServedModel } {
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const question = checked(questionSchema, Object.fromEntries(searchParams), invalidValue);
  return { question, model: state.models.find(question.model) };
}

/** Until the client or the server ends it. */
export async function serveLive(
  socket: WebSocket,
  { question, model }: ReturnType<typeof readLiveQuestion>,
  state: ServeState,
): Promise<void> {
  const inbox = new Inbox(socket, question, state.ending);
  const send = (message: object): void => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
  };
  state.metrics.live(1);
  try {
    const heard = await model.live();
    send({ type: 'ready', model: model.name });
    for await (const { kind, utterance } of heard.live(inbox.pieces(), { signal: inbox.left })) {
      send({ type: kind, ...told(utteranceInSeconds(utterance), model, question) });
    }
    send({ type: 'end', seconds: inbox.seconds });
    socket.close(state.ending.aborted ? 1001 : 1000);
  } catch (thrown) {
    if (inbox.left.aborted) return;
    const error = thrown instanceof Refusal ? thrown : refusalOf(toAsrError(thrown));
    if (error.status === 500) state.log.error(`${model.name}: ${toAsrError(thrown).message}`);
    send({ type: 'error', ...error.body });
    socket.close(error.status === 500 ? 1011 : 1008);
  } finally {
    state.metrics.live(-1);
  }
}

function told(utterance: TranscribedUtterance, { record }: ServedModel, { tokens }: LiveQuestion): object {
  const text = textOf(inTokens(utterance, record, tokens));
  const { start, end, phones, words } = utterance;
  return { start, end, text, phones, ...(words ? { words } : {}) };
}

/** What has come through the socket and was not heard yet, as pieces of mono sound at 16 kHz. */
class Inbox {
  readonly #mono: MonoStream;
  readonly #waiting: Int16Array[] = [];
  #behind = 0;
  #samples = 0;
  #received = 0;
  #ended = false;
  #wake: () => void = () => undefined;
  #error: Refusal | undefined;
  readonly #gone = new AbortController();

  constructor(
    private readonly socket: WebSocket,
    private readonly question: LiveQuestion,
    ending: AbortSignal,
  ) {
    this.#mono = new MonoStream('the sound', question.rate, 1);
    socket.on('message', (data, isBinary) => {
      this.#take(data as Buffer, isBinary);
    });
    const end = (): void => {
      this.#end();
    };
    socket.on('close', () => {
      ending.removeEventListener('abort', end);
      this.#gone.abort();
      this.#end();
    });
    socket.on('error', () => {
      socket.terminate();
    });
    if (ending.aborted) this.#end();
    ending.addEventListener('abort', end);
  }

  /** Fires when nobody listens any more. */
  get left(): AbortSignal {
    return this.#gone.signal;
  }

  get seconds(): number {
    return Math.round((this.#samples / sampleRate) * 1000) / 1000;
  }

  async *pieces(): AsyncGenerator<Float32Array> {
    for (;;) {
      const piece = this.#waiting.shift();
      if (piece) {
        this.#behind -= piece.length;
        if (this.#behind < mostBehind * sampleRate) this.socket.resume();
        yield fromGrid(piece);
      } else if (this.#error) throw this.#error;
      else if (this.#ended) return;
      else await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  #take(data: Buffer, isBinary: boolean): void {
    if (this.#ended) return;
    try {
      if (isBinary) {
        this.#push(this.#mono.push(samplesOf(data, this.question.format)));
        this.#received += data.length;
      } else if (messageType(data) === 'end') this.#end();
      else throw new Refusal(400, 'unknown_message', 'Text messages are {"type":"end"}; sound comes in binary ones.');
      this.#mono.refuseBroken();
    } catch (thrown) {
      this.#error = thrown instanceof Refusal ? thrown : refusalOf(toAsrError(thrown));
      this.#ended = true;
    }
    this.#wake();
  }

  #push(samples: Int16Array): void {
    this.#waiting.push(samples);
    this.#behind += samples.length;
    this.#samples += samples.length;
    if (this.#behind >= mostBehind * sampleRate) this.socket.pause();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#received > 0) this.#push(this.#mono.finish());
    this.#wake();
  }
}

function messageType(data: Buffer): unknown {
  try {
    return (JSON.parse(data.toString()) as { type?: unknown } | null)?.type;
  } catch {
    return undefined;
  }
}

function samplesOf(data: Buffer, format: LiveQuestion['format']): Float32Array {
  const width = format === 's16le' ? 2 : 4;
  if (data.length % width !== 0)
    throw new Refusal(400, 'odd_message', `A message of ${data.length} bytes: ${format} samples have ${width} each.`);
  return Float32Array.from({ length: data.length / width }, (_, i) =>
    width === 2 ? data.readInt16LE(2 * i) / 32768 : data.readFloatLE(4 * i),
  );
}
