// A continued run ended with steps left, or with "Cannot destructure property 'stage'", when two steps that were up to
// date had been found so in an unlucky order: the loop took "nothing runs" for "all done" while it was still looking.
import { describe, expect, it } from 'vitest';
import { AsrError } from '../../src/core/errors.js';
import { workInOrder } from '../../src/recipe/work-in-order.js';
import { stages } from '../../src/stages.js';

interface Open {
  readonly what: string;
  readonly end: () => void;
}

/** Lets everything that can happen by itself happen. */
const settle = (): Promise<void> => new Promise((done) => setImmediate(done));

const names = stages.map(({ name }) => name);
const needs = (step: string): readonly string[] => stages.find(({ name }) => name === step)?.reads ?? [];

/** One continuation: of the open checks and trainings, the one that `choose` names ends next. */
async function continueRun(upToDate: ReadonlySet<string>, jobs: number, choose: (open: number) => number) {
  const open: Open[] = [];
  const wait = (what: string): Promise<void> => new Promise((end) => open.push({ what, end }));
  const order: string[] = [];
  let result: unknown;
  void workInOrder<string, string>({
    steps: names,
    needs,
    begin: (step, running) =>
      running.length >= jobs
        ? undefined
        : async () => {
            for (const need of needs(step)) expect(order, `${step} began before ${need} was done`).toContain(need);
            await wait(`${step}: check`);
            if (!upToDate.has(step)) await wait(`${step}: work`);
            order.push(step);
            return step;
          },
  }).then(
    (done) => {
      result = done;
    },
    (error: unknown) => {
      result = error;
    },
  );
  await settle();
  while (open.length > 0) {
    open.splice(choose(open.length), 1)[0]?.end();
    await settle();
  }
  return result;
}

/** Every order in which checks and work may end, one run each. @returns how many there were */
async function inEveryOrder(upToDate: ReadonlySet<string>, jobs: number): Promise<number> {
  let choices: { taken: number; of: number }[] = [];
  for (let runs = 1; ; runs++) {
    let at = 0;
    const result = await continueRun(upToDate, jobs, (of) => (choices[at++] ??= { taken: 0, of }).taken);
    expect(result, JSON.stringify(choices)).toBeInstanceOf(Map);
    expect([...(result as Map<string, string>).keys()].sort()).toEqual([...names].sort());
    while (choices.length > 0 && (choices.at(-1)?.taken ?? 0) + 1 === choices.at(-1)?.of)
      choices = choices.slice(0, -1);
    const last = choices.at(-1);
    if (!last) return runs;
    last.taken++;
  }
}

describe('a continued run', () => {
  it.each([0, 1, 2, 3, 4, 6, 9, 12])(
    'ends with all done after %i stages that were, whatever ends first',
    async (kept) => {
      const upToDate = new Set(names.slice(0, kept));
      for (const jobs of [1, 2, 3]) {
        const orders = await inEveryOrder(upToDate, jobs);
        if (jobs > 1) expect(orders).toBeGreaterThan(1);
      }
    },
  );

  it('begins nothing more after a failure, and says which', async () => {
    const begun: string[] = [];
    const failed = new AsrError('input', 'no sound');
    const work = workInOrder<string, void>({
      steps: names,
      needs,
      begin: (step) => () => {
        begun.push(step);
        return step === 'audio' ? Promise.reject(failed) : settle();
      },
    });
    await expect(work).rejects.toBe(failed);
    expect(begun).toEqual(['audio', 'text']);
  });

  it('never takes steps that cannot begin for the end', async () => {
    const work = workInOrder({ steps: ['a', 'b'], needs: (step) => [step === 'a' ? 'b' : 'a'], begin: () => settle });
    await expect(work).rejects.toThrow('2 steps of the run could not begin');
  });
});
