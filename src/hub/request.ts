// One request to the hub: waits where it is told to, tries again where the way there failed, and says in one sentence
// what went wrong. The token goes to the hub's own address and nowhere else.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { AsrError } from '../core/errors.js';
import { hubHome, type HubVariables } from './cache.js';

export interface HubAccess {
  /** `HF_ENDPOINT`, or the hub itself; without a slash at the end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  /** Milliseconds without a byte after which a connection counts as cut. */
  readonly idle: number;
  /** Milliseconds before a second try; each further one waits twice as long. */
  readonly pause: number;
  readonly signal: AbortSignal | undefined;
}

/** How often the same is tried before it counts as failed. */
export const tries = 5;
/** Seconds: a server that asks for more is told good-bye. */
const longestWait = 120;

export const whatToCopy =
  "Without network: copy config.json, preprocessor_config.json and model.safetensors from the model's page into a " +
  'folder by other means, and name that folder in features.model.';

export function hubAccess(env: HubVariables, signal?: AbortSignal): HubAccess {
  const endpoint = env['HF_ENDPOINT'] || 'https://huggingface.co';
  if (!/^https?:\/\/[^\s]+$/.test(endpoint))
    throw new AsrError('usage', `HF_ENDPOINT=${endpoint}: no address`, 'It begins with https://.');
  return { endpoint: withoutLastSlashes(endpoint), token: readToken(env), idle: 60_000, pause: 1000, signal };
}

function withoutLastSlashes(address: string): string {
  let end = address.length;
  while (address[end - 1] === '/') end--;
  return address.slice(0, end);
}

/** `HF_TOKEN`, or what `hf auth login` left. */
function readToken(env: HubVariables): string | undefined {
  if (env['HF_TOKEN']) return env['HF_TOKEN'].trim();
  try {
    return readFileSync(env['HF_TOKEN_PATH'] || join(hubHome(env), 'token'), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

const passing = new Set([408, 429, 500, 502, 503, 504]);

/** As `fetch`, with patience. @throws AsrError where there is no answer */
export function requester(access: HubAccess): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    if (access.token !== undefined && url.origin === new URL(access.endpoint).origin)
      headers.set('authorization', `Bearer ${access.token}`);
    headers.set('user-agent', 'unsupervised-asr');
    for (let attempt = 1; ; attempt++) {
      const pause = access.pause * 2 ** (attempt - 1);
      try {
        const signals = [AbortSignal.timeout(access.idle), ...(access.signal ? [access.signal] : [])];
        // The time limit is for the answer's head: a body may take hours.
        const response = await withLimit(signals, (signal) => fetch(url, { ...init, headers, signal }));
        if (!passing.has(response.status) || attempt === tries) return response;
        const asked = Number(response.headers.get('retry-after') ?? NaN);
        await response.body?.cancel();
        if (asked > longestWait) return response;
        await wait(asked > 0 ? asked * 1000 : pause, undefined, { signal: access.signal });
      } catch (thrown) {
        access.signal?.throwIfAborted();
        if (attempt === tries) throw unreachable(url, thrown);
        await wait(pause, undefined, { signal: access.signal });
      }
    }
  };
}

async function withLimit<T>(signals: AbortSignal[], work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const [limit, ...lasting] = signals as [AbortSignal, ...AbortSignal[]];
  const stop = (): void => {
    controller.abort(limit.reason);
  };
  limit.addEventListener('abort', stop);
  try {
    return await work(AbortSignal.any([controller.signal, ...lasting]));
  } finally {
    limit.removeEventListener('abort', stop);
  }
}

function unreachable(url: URL, thrown: unknown): AsrError {
  const cause = (thrown as { cause?: unknown }).cause ?? thrown;
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new AsrError(
    'input',
    `${url.origin}: no answer (${reason})`,
    `Check the network and HF_ENDPOINT. ${whatToCopy}`,
    thrown,
  );
}

/** What a status that is no success means for a model. */
export function refusal(status: number, what: string, access: HubAccess): AsrError {
  const hints: Readonly<Record<number, readonly [string, string]>> = {
    401: [
      'not found, private, or closed to strangers',
      access.token === undefined
        ? 'Check the name; for a gated model accept its terms on its page and set HF_TOKEN to a token of yours.'
        : 'Check the name, and whether HF_TOKEN is still valid.',
    ],
    403: ['the hub refuses it', 'Accept the terms on its page with the account that HF_TOKEN belongs to.'],
    404: ['no such model, revision or file', 'Check the spelling; `asr fetch --list` names encoders.'],
    429: ['too many requests', 'Try again later; a token in HF_TOKEN raises the limit. What was fetched is kept.'],
  };
  const [meaning, hint] = hints[status] ?? ['the hub has a problem', 'Try again later; what was fetched is kept.'];
  return new AsrError('input', `${what}: ${meaning} (HTTP ${status} from ${access.endpoint})`, hint);
}
