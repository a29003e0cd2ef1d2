// The choice across runs: by metric, and by the paper's three steps worked out by hand.
import { describe, expect, it } from 'vitest';
import { chooseRun } from '../../src/learn/choose.js';
import type { LearnRun } from '../../src/learn/method.js';

function run(
  name: string,
  perplexity: number,
  vocabularySeen: number,
  logProb10: number,
  state: LearnRun['state'] = 'ok',
): LearnRun {
  const score = {
    metric: perplexity / vocabularySeen ** 2,
    perplexity,
    vocabularySeen,
    logLengthRatio: 0,
    topShare: 0.2,
    logProb10,
  };
  return { name, method: 'x', seed: '', loss: 0, score, state, reason: '' };
}

describe('choice', () => {
  it('takes the lowest metric, the first of equal ones', () => {
    expect(chooseRun([run('a', 9, 1, -9), run('b', 8, 1, -9), run('c', 8, 1, -1)], 'metric').name).toBe('b');
  });

  it('weighs metric and likelihood of HMMs, which see the same frames, where an HMM has the lowest metric', () => {
    const hmm = (name: string, metric: number, loss: number): LearnRun => ({
      ...run(name, metric, 1, -9),
      method: 'hmm',
      loss,
    });
    const hmms = [hmm('a', 10, 4.7), hmm('b', 10.5, 4.6), hmm('c', 12, 4.59)]; // ln: 2.303, 2.351, 2.485
    expect(chooseRun(hmms, 'metric').name).toBe('b');
    // The likelihood is one of a frame, the metric one of a phone.
    expect(chooseRun([hmm('a', 10, 4.61), hmm('b', 10.8, 4.59)], 'metric').name).toBe('b'); // .077 against 7 x .02
    expect(chooseRun([hmm('a', 10, 4.595), hmm('b', 10.8, 4.59)], 'metric').name).toBe('a');
    // Frames of 20 ms: a phone has half as many of them.
    expect(chooseRun([hmm('a', 10, 4.61), hmm('b', 10.8, 4.59)], 'metric', 50).name).toBe('a');
    expect(chooseRun([...hmms, run('x', 9, 1, -9)], 'metric').name).toBe('x');
    expect(chooseRun([run('x', 11, 1, -9), ...hmms], 'metric').name).toBe('b');
    expect(chooseRun([{ ...hmms[1]!, state: 'collapsed' }, hmms[0]!], 'metric').name).toBe('a');
  });

  it('takes the run whose sound alone is most like text, where each run says so', () => {
    const alone = (name: string, perplexity: number, soundPerplexity: number): LearnRun => ({
      ...run(name, perplexity, 1, -9),
      soundPerplexity,
    });
    expect(chooseRun([alone('a', 8, 35), alone('b', 9, 22), alone('c', 10, 24)], 'metric').name).toBe('b');
    expect(chooseRun([alone('a', 8, 35), alone('b', 9, 22), run('c', 10, 1, -9)], 'metric').name).toBe('a');
    expect(chooseRun([alone('a', 8, 35), alone('b', 8.5, 22)], 'paper').name).toBe('a');
  });

  it('never takes a collapsed run while there is another', () => {
    const collapsed = run('a', 1, 1, 0, 'collapsed');
    expect(chooseRun([collapsed, run('b', 50, 0.5, -9, 'unconverged')], 'metric').name).toBe('b');
    expect(chooseRun([collapsed], 'metric').name).toBe('a');
    expect(() => chooseRun([], 'metric')).toThrow(RangeError);
  });

  it('paper: the anchor, then all within a factor of 1.2 shifted by vocabulary use, then total probability', () => {
    // Anchor: 8 / 1. b passes 11.9 % above at full use; c at 0.5 use would need ppl below 4.8; d is too far.
    const runs = [run('anchor', 8, 1, -100), run('b', 9.5, 1, -90), run('c', 7, 0.5, -10), run('d', 9.7, 1, -20)];
    expect(chooseRun(runs, 'paper').name).toBe('b');
    expect(chooseRun(runs, 'metric').name).toBe('anchor');
  });
});
