// Places: so many work, so many wait, in the order in which they came; who leaves makes room.
import { describe, expect, it } from 'vitest';
import { Admission } from '../../src/serve/admission.js';
import { Refusal } from '../../src/serve/refusal.js';

const forever = new AbortController().signal;

describe('Admission', () => {
  it('lets in as many as there are places, and the next when one has left', async () => {
    const admission = new Admission({ working: 1, waiting: 1 });
    const first = admission.enter();
    const second = admission.enter();
    await first.turn(forever);
    expect([admission.working, admission.waiting]).toEqual([1, 1]);
    expect(() => admission.enter()).toThrow(Refusal);
    const turn = second.turn(forever);
    first.leave(40);
    first.leave(40); // counts once
    await turn;
    expect([admission.working, admission.waiting]).toEqual([1, 0]);
    second.leave();
    expect([admission.working, admission.waiting]).toEqual([0, 0]);
  });

  it('says to come again later the longer recordings take', async () => {
    const admission = new Admission({ working: 1, waiting: 0 });
    const retryAfter = (): number => {
      try {
        admission.enter();
      } catch (error) {
        return (error as Refusal).about.retryAfter!;
      }
      throw new Error('there is a place');
    };
    let ticket = admission.enter();
    const before = retryAfter();
    for (let i = 0; i < 10; i++) {
      await ticket.turn(forever);
      ticket.leave(100);
      ticket = admission.enter();
    }
    expect(retryAfter()).toBeGreaterThan(5 * before);
  });

  it('is not stopped by those who go while they wait', async () => {
    const admission = new Admission({ working: 1, waiting: 2 });
    const [first, second, third] = [admission.enter(), admission.enter(), admission.enter()];
    await first.turn(forever);
    const gone = new AbortController();
    const never = second.turn(gone.signal);
    const turn = third.turn(forever);
    gone.abort(new Error('gone'));
    await expect(never).rejects.toThrow('gone');
    second.leave();
    first.leave();
    await turn;
    expect([admission.working, admission.waiting]).toEqual([1, 0]);
  });
});
