// Addresses of the learning page. What goes on is told as events (server-sent, read by fetch, which can send the
// token); the report is given out under an address that nobody can guess, since a browser's tab sends no token.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hono } from 'hono';
import type { HttpBindings } from '@hono/node-server';
import { streamSSE, type SSEStreamingApi } from 'hono/streaming';
import { checked } from '../../core/checked.js';
import { underSignals } from '../../core/signals.js';
import { reportFile } from '../../report/stage.js';
import { invalidValue, Refusal } from '../refusal.js';
import type { ServeContext } from '../transcriptions.js';
import { wishSchema, type Learning } from './learning.js';

const mostQuestion = 1 << 16;
const lookMs = 1000;
/** A report that was asked for may be opened for so long. */
const reportMs = 600_000;
export const reportPath = '/asr/reports/';

export function addLearning(app: Hono<{ Bindings: HttpBindings }>, learning: Learning, ending: AbortSignal): void {
  const named = (c: ServeContext): string => learning.known(c.req.param('name') ?? '');
  app.get('/asr/learn', async (c) => {
    const names = await learning.names();
    const runs = await Promise.all(
      names.map(async (name) => {
        const { running, stages, report } = await learning.view(name);
        const done = stages.filter(({ state }) => state === 'done').length;
        return { name, running, done, report };
      }),
    );
    return c.json({ folder: learning.folder, runs });
  });
  app.post('/asr/learn', async (c) => {
    const wish = checked(wishSchema, await question(c), invalidValue);
    const args = learning.newCommand(wish);
    const { lines, code, stderr } = await collected(learning.lines([...args, '--json'], ending));
    if (code !== 0) throw new Refusal(400, 'no_recipe', messageOf(stderr));
    const { findings } = JSON.parse(lines.at(-1) ?? '{}') as { findings?: string[] };
    return c.json({ name: wish.name, command: learning.shown(args), findings: findings ?? [] });
  });
  app.get('/asr/learn/:name/check', (c) => {
    const args = learning.checkCommand(named(c));
    return watched(c, ending, async (stream, gone) => {
      await told(stream, { command: learning.shown(args) });
      const lines = learning.lines([...args, '--json'], gone);
      for (;;) {
        const { done, value } = await lines.next();
        if (done) {
          await told(stream, {
            code: value.code,
            ...(value.code === 0 || value.code === 3 ? {} : { message: messageOf(value.stderr) }),
          });
          return;
        }
        await told(stream, { finding: JSON.parse(value) as unknown });
      }
    });
  });
  app.post('/asr/learn/:name/run', async (c) => {
    const name = named(c);
    await learning.start(name);
    return c.json({ command: learning.shown(learning.runCommand(name)) }, 202);
  });
  app.post('/asr/learn/:name/stop', async (c) => {
    await learning.stop(named(c));
    return c.json({}, 202);
  });
  app.get('/asr/learn/:name/events', (c) => {
    const name = named(c);
    return watched(c, ending, async (stream, gone) => {
      await told(stream, { command: learning.shown(learning.runCommand(name)) });
      let last = '';
      while (!gone.aborted) {
        const view = await learning.view(name);
        const text = JSON.stringify({ view: { ...view, running: view.running || learning.runs(name) } });
        if (text !== last) await stream.writeSSE({ data: text });
        last = text;
        await stream.sleep(lookMs);
      }
    });
  });
  const reports = new Map<string, { readonly name: string; readonly until: number }>();
  app.post('/asr/learn/:name/report', (c) => {
    const name = named(c);
    const now = Date.now();
    for (const [key, { until }] of reports) if (until < now) reports.delete(key);
    const key = randomBytes(24).toString('base64url');
    reports.set(key, { name, until: now + reportMs });
    return c.json({ address: `${reportPath}${key}` });
  });
  app.get(`${reportPath}:key`, async (c) => {
    const found = reports.get(c.req.param('key'));
    if (!found || found.until < Date.now())
      throw new Refusal(404, 'no_such_report', 'This address of a report has ended: open it again from the page.');
    const html = await readFile(join(learning.run(found.name), 'report', reportFile), 'utf8').catch(() => {
      throw new Refusal(404, 'no_such_report', 'The run has written no report yet.');
    });
    // As a page of nobody: it can ask this server for nothing.
    return c.body(html, 200, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy':
        "sandbox allow-scripts allow-modals allow-downloads; default-src 'none'; style-src 'unsafe-inline'; " +
        "script-src 'unsafe-inline'; media-src data:; img-src data:",
    });
  });
}

async function question(c: ServeContext): Promise<unknown> {
  if (Number(c.req.header('content-length') ?? Infinity) > mostQuestion)
    throw new Refusal(413, 'question_too_large', 'The question is too long.');
  return c.req.json().catch(() => undefined);
}

const told = (stream: SSEStreamingApi, event: object): Promise<void> =>
  stream.writeSSE({ data: JSON.stringify(event) });

/** Events as long as somebody looks. @param events gets a signal that fires when nobody does, or the server ends */
const watched = (
  c: ServeContext,
  ending: AbortSignal,
  events: (stream: SSEStreamingApi, gone: AbortSignal) => Promise<void>,
): Response =>
  streamSSE(c, (stream) => {
    const left = new AbortController();
    stream.onAbort(() => {
      left.abort();
    });
    return underSignals([left.signal, ending], (gone) => events(stream, gone));
  });

async function collected(
  lines: ReturnType<Learning['lines']>,
): Promise<{ lines: string[]; code: number | null; stderr: string }> {
  const all: string[] = [];
  for (;;) {
    const { done, value } = await lines.next();
    if (done) return { lines: all, ...value };
    all.push(value);
  }
}

/** What the command said, without the mark of an error; the page shows message and hint, lines of their own, as one. */
const messageOf = (stderr: string): string =>
  stderr
    .trim()
    .replace(/^(asr: |error: )/u, '')
    .replace(/([^.!?:;,])\n {5}/gu, '$1. ')
    .slice(0, 2000);
