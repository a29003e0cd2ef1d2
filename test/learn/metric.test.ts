// The label-free metric by hand, and what counts as collapsed.
import { describe, expect, it } from 'vitest';
import { createTextFit, runState, type LabelFreeScore } from '../../src/learn/metric.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';

const lm = estimateNgram([['a', 'b'], ['b', 'a', 'a'], ['c']], { order: 2 });
const textFit = createTextFit({ lm, phones: ['a', 'b', 'c', 'd'], phonesPerSentence: 4 });

describe('label-free metric', () => {
  it('is perplexity over squared vocabulary use, sentence ends counted', () => {
    const score = textFit([[0, 1], [1]]);
    const logProb = lm.scoreSentence(['a', 'b']) + lm.scoreSentence(['b']);
    const perplexity = 10 ** (-logProb / 5);
    expect(score.perplexity).toBeCloseTo(perplexity, 10);
    expect(score.vocabularySeen).toBe(0.5);
    expect(score.metric).toBeCloseTo(perplexity / 0.25, 10);
    expect(score.logLengthRatio).toBeCloseTo(Math.log(1.5 / 4), 10);
    expect(score.topShare).toBeCloseTo(2 / 3, 10);
    expect(score.logProb10).toBeCloseTo(logProb, 10);
  });

  it('counts silence, which has the index behind the phones, for nothing', () => {
    expect(
      textFit([
        [4, 0, 4, 1],
        [1, 4],
      ]),
    ).toEqual(textFit([[0, 1], [1]]));
    expect(textFit([[4]]).metric).toBe(Infinity);
  });

  it('is infinite when nothing comes out', () => {
    expect(textFit([[], []]).metric).toBe(Infinity);
    expect(textFit([]).metric).toBe(Infinity);
  });
});

describe('collapse', () => {
  const sound: LabelFreeScore = {
    metric: 10,
    perplexity: 9,
    vocabularySeen: 0.95,
    logLengthRatio: 0.1,
    topShare: 0.2,
    logProb10: -50,
  };
  it.each([
    [{}, 'ok', ''],
    [{ metric: Infinity }, 'collapsed', 'no phone comes out'],
    [{ vocabularySeen: 0.2 }, 'collapsed', '20 % of the phones'],
    [{ topShare: 0.8 }, 'collapsed', 'one phone makes up 80 %'],
    [{ logLengthRatio: Math.log(4) }, 'collapsed', '4.00 times as long'],
    [{ logLengthRatio: Math.log(0.25) }, 'collapsed', '0.25 times as long'],
    [{ metric: 16 }, 'unconverged', 'held-out text has 5.0'],
  ])('%o is %s', (change, state, reason) => {
    const judged = runState({ ...sound, ...change }, 5);
    expect(judged.state).toBe(state);
    expect(judged.reason).toContain(reason);
  });

  it('names the cause, and the rates where lengths follow them', () => {
    const causes = (change: Partial<LabelFreeScore>, rateRatio?: number): string | undefined =>
      runState({ ...sound, ...change } as LabelFreeScore, 5, rateRatio).cause;
    expect(causes({ metric: Infinity })).toBe('silence everywhere');
    expect(causes({ topShare: 0.8, vocabularySeen: 0.2 })).toBe('mode collapse');
    expect(causes({ vocabularySeen: 0.2 })).toBe('vocabulary use');
    const long = { logLengthRatio: Math.log(4) };
    expect([causes(long), causes(long, 1.4), causes(long, 4), causes(long, 0.25)]).toEqual([
      'length ratio',
      'length ratio',
      'text and audio rates differ',
      'length ratio',
    ]);
    expect(causes({})).toBeUndefined();
  });

  it('cannot tell unconverged without held-out text', () => {
    expect(runState({ ...sound, metric: 1000 }).state).toBe('ok');
  });
});
