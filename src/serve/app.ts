// The addresses of the server and what answers at each; what is asked of a request before any of them sees it.
import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { routePath } from 'hono/route';
import { cardFile } from '../bundle/card.js';
import { checked } from '../core/checked.js';
import { AsrError } from '../core/errors.js';
import { programVersion } from '../core/version.js';
import { formatNames } from '../transcribe/formats/table.js';
import { transcriptSchema } from '../transcribe/transcript.js';
import { refuseForeign, refuseStrangers, type AccessPolicy } from './access.js';
import { writtenAs } from './answers.js';
import type { ServedModel } from './models.js';

import type { Learning } from './learning/learning.js';
import { addLearning, reportPath } from './learning/routes.js';
import { learningPage, pageFor, type PageFile } from './page-files.js';
import { isFormatName } from './question.js';
import { Refusal } from './refusal.js';
import { transcriptionAnswer, type ServeContext, type ServeState } from './transcriptions.js';

export interface AppState extends ServeState {
  readonly access: AccessPolicy;
  readonly page: ReadonlyMap<string, PageFile>;
  /** Where people may learn new models from the page. */
  readonly learning: Learning | undefined;
  /** Fires when the server wants to end: pages that watch are let go. */
  readonly leaving: AbortSignal;
  /** True from the moment when the server wants to end. */
  readonly closing: () => boolean;
}

/** Bytes of a transcript that is sent back to be written in another format. */
const mostTranscript = 64 << 20;

const listed = ({ name, created }: ServedModel): object => ({ id: name, object: 'model', created, owned_by: 'local' });

export function createApp(state: AppState): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use('*', async (c: ServeContext, next) => {
    const begun = performance.now();
    await next();
    state.metrics.request(routeOf(c.res.status, routePath(c, -1)), c.res.status, (performance.now() - begun) / 1000);
    c.header('x-content-type-options', 'nosniff');
    c.header('cross-origin-resource-policy', 'same-origin');
    c.header('referrer-policy', 'no-referrer');
  });
  app.use('*', async (c, next) => {
    guard(c.req.method, c.req.path, c.env.incoming.headers, state);
    await next();
  });

  app.post('/v1/audio/transcriptions', (c) => transcriptionAnswer(c, state));
  app.get('/v1/models', (c) => c.json({ object: 'list', data: state.models.all.map(listed) }));
  app.get('/v1/models/:name', (c) => c.json(listed(state.models.find(c.req.param('name')))));
  app.get('/asr/models/:name', async (c) => c.json(await described(state.models.find(c.req.param('name')))));
  app.post('/asr/formats/:format', (c) => written(c));
  app.get('/healthz', (c) =>
    state.closing()
      ? c.json({ status: 'ending' }, 503)
      : c.json({ status: 'ok', version: programVersion, models: state.models.all.map(({ name }) => name) }),
  );
  app.get('/metrics', async (c) =>
    c.body(await state.metrics.registry.metrics(), 200, { 'content-type': state.metrics.registry.contentType }),
  );
  if (state.learning) addLearning(app, state.learning, state.leaving);
  for (const [path, file] of state.page)
    app.get(path, (c) => {
      // Without a model there is nothing to listen with.
      if (path === '/' && state.models.all.length === 0) return c.redirect(learningPage);
      const { content, headers } = file.type.startsWith('text/html')
        ? pageFor(file)
        : { content: file.content, headers: {} };
      return c.body(content, 200, { 'content-type': file.type, 'cache-control': 'no-cache', ...headers });
    });

  app.notFound(() => {
    throw new Refusal(404, 'no_such_address', 'There is nothing at this address; docs/serve.md lists what there is.');
  });
  app.onError((error, c) => {
    const refusal =
      error instanceof Refusal ? error : new Refusal(500, 'internal', 'The server failed; its log says how.');
    if (!(error instanceof Refusal)) state.log.error(`${c.req.method} ${c.req.path}: ${error.message}`);
    state.metrics.refused(refusal.code);
    return c.json(refusal.body, refusal.status, refusal.headers);
  });
  return app;
}

/** @throws Refusal where the request is not to be served at all */
function guard(method: string, path: string, headers: IncomingHttpHeaders, state: AppState): void {
  const isPage = method === 'GET' && state.page.has(path);
  refuseForeign(headers, state.access, isPage);
  // The page holds nothing of the user's; it asks for the token.
  // A report's address is a secret of its own.
  if (!isPage && path !== '/healthz' && !path.startsWith(reportPath)) refuseStrangers(headers, state.access);
  if (state.closing() && method !== 'GET')
    throw new Refusal(503, 'ending', 'The server is ending.', { retryAfter: 10 });
}

/** Names of addresses, so that metrics do not grow with what strangers ask for. */
const routeOf = (status: number, path: string): string => (status === 404 ? 'other' : path);

/** What a person should know of a model: its card and its phones. */
async function described({ name, folder, record }: ServedModel): Promise<object> {
  return {
    id: name,
    title: record.title,
    licence: record.licence,
    phones: record.phones.filter((phone) => phone !== record.silence),
    words: record.decode.method === 'words',
    verdict: record.verdict ?? null,
    card: await readFile(join(folder, cardFile), 'utf8').catch(() => ''),
  };
}

/** A transcript that was corrected, in one of the formats: the page downloads with it. */
async function written(c: ServeContext): Promise<Response> {
  const format = c.req.param('format') ?? '';
  if (!isFormatName(format)) throw new Refusal(404, 'no_such_format', `There are ${formatNames.join(', ')}.`);
  if (Number(c.req.header('content-length') ?? Infinity) > mostTranscript)
    throw new Refusal(413, 'transcript_too_large', `A transcript has up to ${mostTranscript >> 20} MiB here.`);
  const transcript = checked(
    transcriptSchema,
    await c.req.json().catch(() => undefined),
    (problems) => new Refusal(400, 'no_transcript', problems),
    'the transcript',
  );
  try {
    return c.body(writtenAs(transcript, format), 200, {
      'content-type': 'application/octet-stream',
    });
  } catch (error) {
    if (error instanceof AsrError) throw new Refusal(400, 'no_transcript', error.message);
    throw error;
  }
}
