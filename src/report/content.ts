// Everything the page shows, gathered from the stages' folders before a line of it is written.
import type { Verdict } from '../learn/verdict.js';
import type { ScoredRun, ScoreReport } from '../score/report.js';
import type { PassChoice, PassLine } from '../selftrain/output.js';
import type { Comparison } from './compare.js';
import type { CurveChart } from './curves.js';
import type { Example } from './examples.js';
import type { PhoneFrequencies } from './frequencies.js';
import type { Listing } from './listing.js';
import type { ReportedStage } from './pipeline.js';
import type { Choice } from './runs.js';

export interface ReportContent {
  /** Name of the run: its folder. */
  readonly title: string;
  readonly seed: number;
  readonly pipeline: readonly ReportedStage[];
  readonly choice: Choice;
  /** Judged without labels; absent for runs of older versions. */
  readonly verdict: Verdict | undefined;
  readonly curves: readonly CurveChart[];
  readonly frequencies: PhoneFrequencies;
  /** Absent for a run without references, as the comparison is. */
  readonly score: ScoreReport | undefined;
  /** Every run with its error rate; empty where only the chosen one was scored. */
  readonly scoredRuns: readonly ScoredRun[];
  readonly comparison: Comparison | undefined;
  /** What decode wrote and every pass of self-training; empty where nothing was trained. */
  readonly passes: readonly PassLine[];
  /** Which of them the run recognises with, and why; undefined for runs of older versions. */
  readonly passChoice: PassChoice | undefined;
  readonly examples: readonly Example[];
  readonly listing: Listing;
}
