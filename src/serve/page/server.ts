// What the page asks of the server that it came from; its token, where it wants one, lives as long as the tab.
import { Refused } from './refused.js';
import type { ShownTranscript } from './transcript.js';

export interface ModelCard {
  readonly title: string;
  readonly phones: readonly string[];
  readonly card: string;
}

const tokenKey = 'asr-token';

export const token = (): string | null => sessionStorage.getItem(tokenKey);
export const setToken = (value: string): void => {
  sessionStorage.setItem(tokenKey, value);
};

/** @throws Refused where the server says no, or does not answer */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const known = token();
  const headers = new Headers(init.headers);
  if (known !== null) headers.set('authorization', `Bearer ${known}`);
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers });
  } catch {
    throw new Refused(0, 'The server does not answer: is it still running?');
  }
  if (response.ok) return response;
  const told = (await response.json().catch(() => undefined)) as { error?: { message?: string } } | undefined;
  throw new Refused(response.status, told?.error?.message ?? `The server answered ${response.status}.`);
}

export async function modelNames(): Promise<string[]> {
  const { data } = (await (await ask('/v1/models')).json()) as { data: readonly { id: string }[] };
  return data.map(({ id }) => id);
}

export async function modelCard(name: string): Promise<ModelCard> {
  return (await (await ask(`/asr/models/${encodeURIComponent(name)}`)).json()) as ModelCard;
}

export async function transcribe(file: File, model: string): Promise<ShownTranscript> {
  const form = new FormData();
  form.append('model', model);
  form.append('response_format', 'transcript');
  form.append('file', file, file.name);
  const answer = await ask('/v1/audio/transcriptions', { method: 'POST', body: form });
  return (await answer.json()) as ShownTranscript;
}

export async function inFormat(transcript: ShownTranscript, format: string): Promise<Blob> {
  return (await ask(`/asr/formats/${format}`, { method: 'POST', body: JSON.stringify(transcript) })).blob();
}

/** What live sound goes through: a websocket, or what stands for one. */
export type LiveChannel = Pick<WebSocket, 'send' | 'readyState'> & {
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: { data?: unknown }) => void): void;
};

export function liveSocket(model: string, rate: number): LiveChannel {
  const known = token();
  const bytes = known === null ? undefined : String.fromCharCode(...new TextEncoder().encode(known));
  const secret =
    bytes === undefined ? [] : [`token.${btoa(bytes).replace(/\+/gu, '-').replace(/\//gu, '_').replace(/=/gu, '')}`];
  const address = new URL('/v1/live', location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  address.search = new URLSearchParams({ model, rate: String(rate) }).toString();
  return new WebSocket(address, ['asr-live', ...secret]);
}
