// The named judgement of evaluations, and when a training is given up, by hand.
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/core/config.js';
import { collapseOf, givenUp } from '../../src/gan/collapse.js';
import { ganConfig } from '../../src/gan/config.js';
import { outcomeOf } from '../../src/gan/result.js';
import type { GeneratorEvaluation } from '../../src/gan/evaluate.js';

const config = { ...resolveConfig(ganConfig, [], 'test').collapse, patience: 3 };
const evaluation = (
  score: Partial<GeneratorEvaluation['score']> = {},
  more: Partial<GeneratorEvaluation> = {},
): GeneratorEvaluation => ({
  update: 1,
  phonesPerUtterance: 10,
  ...more,
  score: { metric: 10, vocabularySeen: 1, topShare: 0.1, ...score },
});

it.each([
  [evaluation({ metric: Infinity }), 'silence everywhere'],
  [evaluation({ topShare: 0.6, vocabularySeen: 0.1 }), 'mode collapse'],
  [evaluation({ vocabularySeen: 0.4 }), 'vocabulary use'],
  [evaluation({}, { phonesPerUtterance: 31 }), 'length ratio'],
  [evaluation({}, { phonesPerUtterance: 3 }), 'length ratio'],
  [evaluation(), undefined],
])('%o: %s', (given, cause) => {
  expect(collapseOf(given, 10, config)?.cause).toBe(cause);
});

const outcome = (best: GeneratorEvaluation, latest: GeneratorEvaluation) =>
  outcomeOf(best, { phonesPerLine: 10, config, textMetric: 9, latest });

it('names a generator that outran its discriminator at the end, unless it got near the text', () => {
  const latest = evaluation({ metric: 60 }, { discriminatorAccuracy: 0.08 });
  expect(outcome(evaluation({ metric: 50 }), latest)).toMatchObject({
    state: 'collapsed',
    cause: 'generator outruns discriminator',
    reason: expect.stringContaining('8 % of text and output') as string,
  });
  expect(outcome(evaluation({ metric: 20 }), latest).state).toBe('converged');
  const unsure = evaluation({ metric: 60 }, { discriminatorAccuracy: 0.5 });
  expect(outcome(evaluation({ metric: 50 }), unsure).state).toBe('unconverged');
});

describe('giving up', () => {
  const few = evaluation({ vocabularySeen: 0.2 });
  const behind = (metric: number): GeneratorEvaluation => evaluation({ metric }, { discriminatorAccuracy: 0.1 });
  const told = (metric: number): GeneratorEvaluation => evaluation({ metric }, { discriminatorAccuracy: 1 });
  it.each<[string, GeneratorEvaluation[], string | undefined]>([
    ['not before its patience is spent', [few, few], undefined],
    ['after as many collapsed evaluations', [evaluation(), few, few, few], 'vocabulary use'],
    ['not where one between was sound', [few, few, evaluation(), few, few], undefined],
    [
      'when the discriminator won and nothing gets better',
      [evaluation({ metric: 5 }), told(6), told(7), told(5)],
      'discriminator won',
    ],
    [
      'when the discriminator is outrun and nothing gets better',
      [evaluation({ metric: 5 }), behind(6), behind(7), behind(5)],
      'generator outruns discriminator',
    ],
    [
      'not while a generator that is ahead gets better',
      [evaluation({ metric: 5 }), behind(6), behind(4), behind(5)],
      undefined,
    ],
    ['not while the metric falls', [evaluation({ metric: 5 }), told(6), told(4), told(5)], undefined],
    [
      'not where it is only ahead',
      [evaluation({ metric: 5 }), told(6), evaluation({ metric: 7 }, { discriminatorAccuracy: 0.9 }), told(5)],
      undefined,
    ],
  ])('%s', (_, evaluations, cause) => {
    expect(givenUp(evaluations, 10, config)?.cause).toBe(cause);
  });

  it('never with no patience set', () => {
    expect(
      givenUp(
        Array.from({ length: 50 }, () => few),
        10,
        { ...config, patience: 0 },
      ),
    ).toBeUndefined();
  });
});
