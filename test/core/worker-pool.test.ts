// The pool against a thread that is written without it (fixtures/workers/odd-jobs.mjs) and behaves in every odd way.
import { describe, expect, it, onTestFinished } from 'vitest';
import { WorkerPool } from '../../src/core/worker-pool.js';

interface OddJob {
  readonly name?: string;
  readonly die?: boolean;
  readonly fail?: string;
  readonly wait?: boolean;
}

async function openPool(size: number, data: object = {}): Promise<WorkerPool<string, OddJob, string, string>> {
  const pool = await WorkerPool.open<string, OddJob, string, string>({
    script: new URL('../fixtures/workers/odd-jobs.mjs', import.meta.url),
    data,
    size,
    name: 'the pool',
    hint: 'fewer threads',
  });
  onTestFinished(() => pool[Symbol.asyncDispose]());
  return pool;
}

describe('a pool of threads', () => {
  it('answers more jobs than it has threads, each with its own answer and events', async () => {
    const pool = await openPool(2);
    expect(pool.about).toBe('ready');
    const events: string[] = [];
    const names = Array.from({ length: 20 }, (_, i) => `job ${i}`);
    const answers = await Promise.all(
      names.map((name) => pool.run({ name }, { onEvent: (event) => events.push(`${name}: ${event}`) })),
    );
    expect(answers.map((answer) => answer.replace(/ by \d+$/, ''))).toEqual(names);
    expect(new Set(answers.map((answer) => answer.split(' by ')[1])).size).toBe(2);
    expect(events.sort()).toEqual(names.map((name) => `${name}: working on ${name}`).sort());
  });

  it('gives up a job at once, and no later job hears of it', async () => {
    const pool = await openPool(1);
    const abort = new AbortController();
    const events: string[] = [];
    const onEvent = (event: string): void => {
      events.push(event);
    };
    const given = pool.run({ name: 'slow', wait: true }, { signal: abort.signal, onEvent });
    const next = pool.run({ name: 'next' }, { onEvent });
    const waiting = pool.run({ name: 'never' }, { signal: abort.signal, onEvent });
    setTimeout(() => {
      abort.abort(new Error('given up'));
    }, 20);
    await expect(given).rejects.toThrow('given up');
    await expect(waiting).rejects.toThrow('given up');
    expect(await next).toMatch(/^next by/);
    expect(events).toEqual(['working on next']);
    await expect(pool.run({ name: 'late' }, { signal: abort.signal })).rejects.toThrow('given up');
  });

  it('loses the job of a thread that dies, and no other; failures keep their kind', async () => {
    const pool = await openPool(1);
    const results = await Promise.allSettled([
      pool.run({ die: true }),
      pool.run({ name: 'after' }),
      pool.run({ fail: 'bad sound' }),
    ]);
    expect(results).toMatchObject([
      {
        reason: { code: 'internal', message: 'a thread of the pool died: it ended with code 7', hint: 'fewer threads' },
      },
      { status: 'fulfilled' },
      { reason: { code: 'input', message: 'bad sound' } },
    ]);
  });

  it('opens whole or not at all', async () => {
    await expect(openPool(3, { refuse: true })).rejects.toMatchObject({ code: 'model', message: 'cannot open' });
  });

  it('ends once; what is going on fails, and so does what comes later', async () => {
    const pool = await openPool(1);
    const going = pool.run({ wait: true });
    const waiting = pool.run({ name: 'x' });
    const both = Promise.allSettled([going, waiting]);
    await pool.dispose();
    for (const result of await both) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'usage' } });
    await expect(pool.run({ name: 'x' })).rejects.toMatchObject({ code: 'usage', message: 'the pool was disposed of' });
    await expect(pool.dispose()).rejects.toMatchObject({ code: 'usage' });
  });
});
