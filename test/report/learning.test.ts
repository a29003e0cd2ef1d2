// The section on the choice among runs: every collapse by its name, how many of each, and what helps.
import { describe, expect, it } from 'vitest';
import type { ReportContent } from '../../src/report/content.js';
import type { ReportedRun } from '../../src/report/runs.js';
import { choiceSection } from '../../src/report/sections/learning.js';

const run = (name: string, metric: number, more: Partial<ReportedRun> = {}): ReportedRun => ({
  name,
  method: 'gan',
  seed: name,
  loss: null,
  metric,
  perplexity: metric,
  vocabularySeen: 1,
  logLengthRatio: 0,
  topShare: 0.1,
  logProb10: -1,
  state: 'ok',
  reason: '',
  chosen: false,
  ...more,
});
const section = (runs: ReportedRun[]): string =>
  choiceSection({
    choice: { runs, chosen: runs[0], textMetric: 7 },
    scoredRuns: [],
    passes: [],
  } as unknown as ReportContent).text;

describe('the choice among runs', () => {
  it('names every collapse, counts them by cause, and says what helps', () => {
    const text = section([
      run('gan-1', 12, { chosen: true }),
      run('gan-2', 90, { state: 'collapsed', cause: 'mode collapse', reason: 'one phone makes up 60 % of the output' }),
      run('gan-3', 95, { state: 'collapsed', cause: 'vocabulary use', reason: 'only 20 % of the phones are used' }),
      run('gan-4', 96, { state: 'collapsed', cause: 'vocabulary use', reason: 'only 10 % of the phones are used' }),
    ]);
    expect(text).toContain('<p>Collapsed: 2 vocabulary use, 1 mode collapse.</p>');
    expect(text).toMatch(
      /<li>collapsed, vocabulary use \(2 of 4 runs\): gan-3: only 20 % of the phones are used; gan-4: only 10 % /u,
    );
    expect(text).toMatch(
      /learn\.gan\.codePenalty.*<\/li><li>collapsed, mode collapse \(1 of 4 runs\): gan-2: one phone/u,
    );
  });

  it('says nothing of collapses where there is none', () => {
    expect(
      section([
        run('a', 12, { chosen: true }),
        run('b', 30, { state: 'unconverged', reason: 'metric 30.0, held-out text has 7.0' }),
      ]),
    ).not.toContain('Collapsed:');
  });
});
