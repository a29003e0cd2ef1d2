// Computing is counted for the thread that does it: what others of the process do in the meantime is not its own.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { ownThread, threadSeconds } from '../../src/core/thread-time.js';

/** Computes until the thread has done so much of it. */
function compute(seconds: number): number {
  const start = threadSeconds(ownThread())!;
  let x = 0;
  while (threadSeconds(ownThread())! - start < seconds) for (let i = 0; i < 1e5; i++) x += Math.sqrt(i);
  return x;
}

it.runIf(process.platform === 'linux')('of a thread that waits stays as it is while another computes', async () => {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     parentPort.postMessage(Number(require('node:fs').readlinkSync('/proc/thread-self').split('/').at(-1)));
     parentPort.once('message', () => parentPort.postMessage('over'));`,
    { eval: true },
  );
  const [thread] = (await once(worker, 'message')) as [number];
  expect(thread).not.toBe(ownThread());
  const [mine, before] = [threadSeconds(ownThread())!, threadSeconds(thread)!];
  compute(1);
  expect(threadSeconds(ownThread())! - mine).toBeGreaterThanOrEqual(1);
  expect(threadSeconds(thread)! - before).toBeLessThan(0.5);
  await worker.terminate();
  expect(threadSeconds(thread)).toBeUndefined();
});

it('is not known of a thread without a number', () => {
  expect(threadSeconds(0)).toBeUndefined();
});
