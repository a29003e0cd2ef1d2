import { getEventListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { underSignals } from '../../src/core/signals.js';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('work under several signals', () => {
  it('is stopped by the first, with its reason', async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const work = underSignals([one.signal, two.signal], (signal) => wait(60_000, undefined, { signal }));
    two.abort(new Error('enough'));
    one.abort(new Error('too late'));
    await expect(work).rejects.toMatchObject({ name: 'AbortError', cause: { message: 'enough' } });
  });

  it('begins stopped where one has fired already', async () => {
    const seen = await underSignals([new AbortController().signal, AbortSignal.abort('before')], (signal) => signal);
    expect([seen.aborted, seen.reason]).toEqual([true, 'before']);
  });

  it('leaves nothing with signals that live on, however it ends', async () => {
    const { signal: lasting } = new AbortController();
    let during = 0;
    for (let i = 0; i < 100; i++) {
      const work = underSignals([lasting, new AbortController().signal], (signal) => {
        during = listeners(lasting);
        if (i % 2 === 0) throw new Error('broken');
        return signal.aborted;
      });
      await work.catch(() => undefined);
    }
    expect([during, listeners(lasting)]).toEqual([1, 0]);
  });
});
