// How many trainings to run at once: sessions x threads, each session a process of its own, as the runs of a grid are.
// The measure is pairs of steps a second over all sessions, and the memory of one.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { ganSizes, ourSteps } from './gan.js';
import { rounded } from './timing.js';
import type { Line } from './table.js';

interface Result {
  readonly pairs: number;
  readonly seconds: number;
  readonly cpuMs: number;
  readonly peakMiB: number;
}

/** In the process of one session: waits until all are ready, then counts. */
export async function runSession(sizeName: string, threads: number, seconds: number): Promise<void> {
  const size = ganSizes.find((entry) => entry.size === sizeName) ?? ganSizes[0]!;
  const steps = await ourSteps(size, { engine: 'cpu', threads }, true);
  const pair = async (): Promise<number> => (await steps.generator()).cpuMs + (await steps.discriminator()).cpuMs;
  await pair();
  process.send?.('ready');
  await once(process, 'message');
  const start = performance.now();
  let [pairs, cpuMs] = [0, 0];
  while (performance.now() - start < 1000 * seconds) {
    cpuMs += await pair();
    pairs++;
  }
  process.send?.({
    pairs,
    seconds: (performance.now() - start) / 1000,
    cpuMs,
    peakMiB: process.resourceUsage().maxRSS / 1024,
  } satisfies Result);
  process.disconnect();
}

export async function* benchSessions(size: string, seconds: number): AsyncGenerator<Line> {
  let reference = 0;
  for (const [sessions, threads] of [
    [1, 2],
    [2, 1],
    [1, 1],
    [2, 2],
  ] as const) {
    const children = Array.from({ length: sessions }, () =>
      fork(process.argv[1] as string, [
        'session',
        '--size',
        size,
        '--threads',
        String(threads),
        '--seconds',
        String(seconds),
      ]),
    );
    await Promise.all(children.map((child) => once(child, 'message')));
    const results = children.map(async (child): Promise<Result> => {
      const [result] = (await once(child, 'message')) as [Result];
      return result;
    });
    for (const child of children) child.send('go');
    const done = await Promise.all(results);
    const pairsPerSecond = done.reduce((sum, result) => sum + result.pairs / result.seconds, 0);
    if (reference === 0) reference = pairsPerSecond;
    const sum = (key: 'cpuMs' | 'pairs'): number => done.reduce((total, result) => total + result[key], 0);
    yield {
      name: `training, ${size}`,
      sessions,
      threads,
      pairsPerSecond: rounded(pairsPerSecond),
      ratio: rounded(pairsPerSecond / reference),
      cpuMsPerPair: rounded(sum('cpuMs') / sum('pairs')),
      peakMiB: rounded(Math.max(...done.map(({ peakMiB }) => peakMiB))),
    };
  }
}
