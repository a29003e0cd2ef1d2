// The one interface of all learning methods: a corpus without labels in, finished runs with their label-free scores out.
import type { Log } from '../core/log.js';
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import type { LearnConfig } from './config.js';
import type { LearnCorpus } from './corpus.js';
import type { Judge, LabelFreeScore, RunState } from './metric.js';

/** One finished training; its emission model and metrics lie in `runs/<name>/`. */
export interface LearnRun {
  readonly name: string;
  readonly method: string;
  /** Names the random stream that the run was trained with. */
  readonly seed: string;
  /** The method's own objective at the end, where it has one; not comparable between methods. */
  readonly loss: number | null;
  readonly score: LabelFreeScore;
  readonly state: RunState;
  /** Why it is not ok, for people. */
  readonly reason: string;
}

export interface LearnIo {
  readonly corpus: LearnCorpus;
  readonly config: LearnConfig;
  readonly rng: Rng;
  readonly compute: Compute;
  readonly log: Log;
  readonly signal?: AbortSignal;
  readonly judge: Judge;
  /** The metric that held-out sentences of the text get from a model of the others. */
  readonly textMetric?: number;
  /** The stage's output folder; runs go to `runs/<name>` below it. */
  readonly out: string;
}

export interface LearnMethod {
  readonly name: LearnConfig['method'];
  /** Trains what is not finished yet; each run is written to its folder as soon as it ends. */
  train(io: LearnIo): Promise<LearnRun[]>;
}
