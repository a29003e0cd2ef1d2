// The server as a whole: listens, hands requests and websockets on, and ends gracefully: what is being transcribed is
// finished first, as far as there is time.
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createAdaptorServer } from '@hono/node-server';
import { WebSocketServer } from 'ws';
import { AsrError } from '../core/errors.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../core/temporary-folder.js';
import type { Log } from '../core/log.js';
import type { Compute } from '../core/stage.js';
import { isLoopback, liveProtocol, refuseForeign, refuseStrangers, type AccessPolicy } from './access.js';
import { Admission } from './admission.js';
import { createApp, type AppState } from './app.js';
import { mostMessageBytes, readLiveQuestion, serveLive } from './live.js';
import { Learning } from './learning/learning.js';
import { createMetrics } from './metrics.js';
import { ServedModels, type NamedModel } from './models.js';
import { pageFiles } from './page-files.js';
import { Refusal } from './refusal.js';

export interface ServeOptions {
  readonly models: readonly NamedModel[];
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly token?: string | undefined;
  /** Recordings at once; each model has so many threads with a copy of it. */
  readonly jobs: number;
  /** Recordings that may be uploaded or wait meanwhile. */
  readonly queue: number;
  /** Bytes of a file. */
  readonly mostBytes: number;
  /** Seconds for the upload of a request, and for the transcription of a recording. */
  readonly uploadSeconds: number;
  readonly mostSeconds: number;
  /** Live sessions at once. */
  readonly mostLive: number;
  /** Seconds in which what is going on may be finished at the end. */
  readonly graceSeconds: number;
  readonly engine?: Compute['engine'] | undefined;
  /** Folder of recipes and runs, where new models may be learned from the page. */
  readonly learn?: string | undefined;
  readonly log: Log;
}

export interface RunningServer {
  /** http://127.0.0.1:8080 */
  readonly url: string;
  /** Takes nothing more, finishes what is going on, and frees everything. */
  close(): Promise<void>;
}

/** Characters: what could be guessed is no token. */
export const shortestToken = 16;

/** @throws AsrError 'usage' for an address beyond this machine without a token, 'io' where it is taken, 'model' */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const access: AccessPolicy = { token: options.token, open: !isLoopback(options.host) };
  checkToken(options);
  const learning = options.learn === undefined ? undefined : await Learning.open(options.learn);
  const page = await pageFiles(learning !== undefined);
  const models = await ServedModels.open(options.models, options.jobs, options.engine);
  const folder = await makeTemporaryFolder('asr-serve');
  const ending = new AbortController();
  /** Pages that watch would keep the server from ending. */
  const leaving = new AbortController();
  let closing = false;
  const admission = new Admission({ working: options.jobs, waiting: options.queue });
  const state: AppState = {
    ...{ models, admission, metrics: createMetrics(admission), log: options.log, folder, access, page, learning },
    ...{ mostBytes: options.mostBytes, mostSeconds: options.mostSeconds },
    ending: ending.signal,
    leaving: leaving.signal,
    closing: () => closing,
  };
  const server = createAdaptorServer({
    fetch: createApp(state).fetch,
    overrideGlobalObjects: false,
    serverOptions: {
      requestTimeout: options.uploadSeconds * 1000,
      headersTimeout: Math.min(20, options.uploadSeconds) * 1000,
      connectionsCheckingInterval: 1000,
    },
  }) as Server;
  const sockets = acceptLive(server, state, options.mostLive);
  const free = async (): Promise<void> => {
    await models.dispose();
    await removeTemporaryFolder(folder);
  };
  try {
    await listen(server, options);
  } catch (error) {
    await free();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const name = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${name}:${port}`,
    close: async () => {
      closing = true;
      const closed = new Promise((done) => server.close(done));
      const learned = learning?.close();
      if (learning) leaving.abort();
      const grace = setTimeout(() => {
        ending.abort(new Refusal(503, 'ending', 'The server is ending.', { retryAfter: 10 }));
        setTimeout(() => {
          server.closeAllConnections();
          for (const socket of sockets) socket.terminate();
        }, 2000).unref();
      }, options.graceSeconds * 1000);
      await learned;
      await closed;
      clearTimeout(grace);
      await free();
    },
  };
}

function checkToken({ host, token, learn }: ServeOptions): void {
  if (learn !== undefined && (token === undefined || !isLoopback(host)))
    throw new AsrError(
      'usage',
      token === undefined
        ? 'learning from the page needs a token'
        : `--host ${host}: the page of learning is for this machine alone`,
      token === undefined
        ? 'Put one into a file (`openssl rand -hex 24 > token`) and add --token-file token.'
        : 'Leave --host out.',
    );
  if (token !== undefined && token.length < shortestToken)
    throw new AsrError('usage', `the token has ${token.length} characters: at least ${shortestToken} are needed`);
  if (token === undefined && !isLoopback(host))
    throw new AsrError(
      'usage',
      `--host ${host} is open to other machines: it needs a token`,
      'Put one into a file (`openssl rand -hex 24 > token`) and add --token-file token; or leave --host out.',
    );
}

function listen(server: Server, { host, port }: ServeOptions): Promise<void> {
  return new Promise((ready, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const where = `${host}:${port}`;
      if (error.code === 'EADDRINUSE')
        fail(new AsrError('io', `${where}: the port is in use`, 'Choose another: --port 8081, or 0 for any free one.'));
      else if (error.code === 'EACCES')
        fail(new AsrError('io', `${where}: no permission`, 'Choose a port from 1024 on.'));
      else if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN')
        fail(
          new AsrError('io', `${where}: this machine has no such address`, 'Leave --host out for this machine alone.'),
        );
      else fail(error);
    });
    server.listen(port, host, ready);
  });
}

/** Websockets at /v1/live. @returns those that are open */
function acceptLive(server: Server, state: AppState, most: number): WebSocketServer['clients'] {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: mostMessageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(liveProtocol) ? liveProtocol : false),
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    try {
      refuseForeign(request.headers, state.access);
      refuseStrangers(request.headers, state.access);
      if (new URL(request.url ?? '/', 'http://localhost').pathname !== '/v1/live')
        throw new Refusal(404, 'no_such_address', 'Live sound is taken at /v1/live.');
      if (state.closing()) throw new Refusal(503, 'ending', 'The server is ending.', { retryAfter: 10 });
      if (sockets.clients.size >= most)
        throw new Refusal(429, 'too_many_requests', `${most} live sessions are open.`, { retryAfter: 30 });
      const question = readLiveQuestion(request, state);
      sockets.handleUpgrade(request, socket, head, (live) => void serveLive(live, question, state));
    } catch (thrown) {
      const refusal =
        thrown instanceof Refusal ? thrown : new Refusal(400, 'damaged_request', 'The request is not understood.');
      state.metrics.refused(refusal.code);
      refuse(socket, refusal);
    }
  });
  return sockets.clients;
}

function refuse(socket: Duplex, refusal: Refusal): void {
  const body = JSON.stringify(refusal.body);
  const headers = {
    ...refusal.headers,
    connection: 'close',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${refusal.status} Refused\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}
