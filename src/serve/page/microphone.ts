// The microphone in, transcripts out while somebody speaks; at the end the sound as a file, and what was said in it.
import { wavHeader } from '../../core/wav-header.js';
import { liveSocket } from './server.js';
import type { ShownTranscript } from './transcript.js';

export interface Recorded {
  readonly file: File;
  readonly transcript: ShownTranscript;
}

interface LiveMessage {
  readonly type: 'ready' | 'partial' | 'final' | 'end' | 'error';
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly phones: ShownTranscript['phones'];
  readonly words?: NonNullable<ShownTranscript['words']>;
  readonly seconds: number;
  readonly error: { readonly message: string };
}

/** @param onText told what was said so far, and the part of it that may still change */
export async function listen(
  model: string,
  onText: (final: string, partial: string) => void,
): Promise<{ stop(): Promise<Recorded> }> {
  const media = await microphone();
  const context = new AudioContext();
  await context.audioWorklet.addModule('assets/samples.js');
  const node = new AudioWorkletNode(context, 'samples');
  const pieces: Int16Array<ArrayBuffer>[] = [];
  const finals: LiveMessage[] = [];
  const socket = liveSocket(model, context.sampleRate);
  let heldBack: Int16Array<ArrayBuffer>[] | undefined = [];
  const text = (): string => finals.map((message) => message.text).join(' ');
  const ended = new Promise<number>((resolve, reject) => {
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(data as string) as LiveMessage;
      if (message.type === 'final') finals.push(message);
      if (message.type === 'partial' || message.type === 'final')
        onText(text(), message.type === 'partial' ? message.text : '');
      if (message.type === 'end') resolve(message.seconds);
      if (message.type === 'error') reject(new Error(message.error.message));
    });
    socket.addEventListener('close', () => {
      reject(new Error('The server has ended the conversation.'));
    });
  });
  ended.catch(() => undefined);
  const opened = new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => {
      for (const piece of heldBack ?? []) socket.send(piece);
      heldBack = undefined;
      resolve();
    });
    socket.addEventListener('error', () => {
      reject(new Error('The server takes no live sound now; try again later.'));
    });
  });
  node.port.addEventListener('message', ({ data }) => {
    const piece = toIntegers(data as Float32Array);
    pieces.push(piece);
    if (heldBack) heldBack.push(piece);
    else if (socket.readyState === WebSocket.OPEN) socket.send(piece);
  });
  node.port.start();
  const silence = async (): Promise<void> => {
    for (const track of media.getTracks()) track.stop();
    await context.close();
  };
  context.createMediaStreamSource(media).connect(node);
  try {
    await opened;
  } catch (error) {
    await silence();
    throw error;
  }
  return {
    stop: async () => {
      const rate = context.sampleRate;
      await silence();
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: 'end' }));
      const seconds = await ended;
      return { file: soundFile(pieces, rate), transcript: joined(finals, seconds) };
    },
  };
}

async function microphone(): Promise<MediaStream> {
  // Browsers hide it from pages that others could have changed on their way.
  if (!('mediaDevices' in navigator))
    throw new Error('Browsers give the microphone to https and localhost alone: open this page so, or choose a file.');
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
  } catch (error) {
    const denied = error instanceof DOMException && error.name === 'NotAllowedError';
    throw new Error(
      denied
        ? 'The browser may not use the microphone: allow it for this page, and try again.'
        : 'No microphone was found: connect one, or choose a file.',
      { cause: error },
    );
  }
}

const toIntegers = (samples: Float32Array): Int16Array<ArrayBuffer> =>
  Int16Array.from(samples, (value) => Math.round(32767 * Math.max(-1, Math.min(1, value))));

function joined(finals: readonly LiveMessage[], seconds: number): ShownTranscript {
  const words = finals.some((message) => message.words) ? finals.flatMap((message) => message.words ?? []) : undefined;
  return {
    schema: 1,
    file: 'microphone.wav',
    seconds,
    text: finals.map(({ text }) => text).join(' '),
    utterances: finals.map(({ start, end, text }) => ({ start, end, text })),
    phones: finals.flatMap(({ phones }) => phones),
    ...(words ? { words } : {}),
  };
}

function soundFile(pieces: readonly Int16Array<ArrayBuffer>[], rate: number): File {
  const samples = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return new File([wavHeader(samples, rate), ...pieces], 'microphone.wav', { type: 'audio/wav' });
}
