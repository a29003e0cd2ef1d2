// The one interface of all learning methods: a corpus without labels in, finished
// runs with their label-free scores out.
import type { z } from 'zod';
import type { SourceFacts } from '../bootstrap/source-facts.js';
import type { Log } from '../core/log.js';
import { definer, type Plugin } from '../core/plugins.js';
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import type { LearnConfig } from './config.js';
import type { RungVerdict, Sign } from './halving.js';
import type { LearnFolders, LearnCorpus } from './corpus.js';
import type { TextFit, LabelFreeScore, Outcome } from './metric.js';

/** One finished training; its emission model and metrics lie in `runs/<name>/`. */
export interface LearnRun extends Outcome {
  readonly name: string;
  readonly method: string;
  /** Names the random stream that the run was trained with. */
  readonly seed: string;
  /** The method's own objective at the end, where it has one; not comparable between methods. */
  readonly loss: number | null;
  readonly score: LabelFreeScore;
  /** Updates that a run took which was ended before its time. */
  readonly updates?: number;
  /** True where a synthesiser's speech was learned from beside the recordings. */
  readonly synthetic?: boolean;
  /** The sources of labelled speech, where the recipe lists them. */
  readonly sources?: readonly SourceFacts[];
  /**
   * Perplexity of what the sound alone says, without the language model, at the expected length; where rounds have it.
   */
  readonly soundPerplexity?: number;
}

export interface LearnIo {
  readonly corpus: LearnCorpus;
  readonly config: LearnConfig;
  readonly rng: Rng;
  readonly compute: Compute;
  readonly log: Log;
  readonly signal?: AbortSignal;
  readonly textFit: TextFit;
  /** The metric that held-out sentences of the text get from a model of the others. */
  readonly textMetric?: number;
  /** Segments of an utterance over phones of a sentence. */
  readonly rateRatio: number;
  /** The folders that the corpus was read from. */
  readonly folders: LearnFolders;
  /** Where relative paths of the features' settings start. */
  readonly data: string;
  /** The stage's output folder; runs go to `runs/<name>` below it. */
  readonly out: string;
}

/** How a method's seeds are compared on the way. */
export interface Halving {
  readonly rungs: number;
  /** Trains a seed up to a rung, and no further. */
  climb(io: LearnIo, seed: number, rung: number, earlier: readonly LearnRun[]): Promise<Sign>;
  verdicts(signs: readonly Sign[], rung: number): RungVerdict[];
  /** Writes the run of a seed that does not go on, as it is. */
  drop(io: LearnIo, verdict: RungVerdict, rung: number, earlier: readonly LearnRun[]): Promise<void>;
}

export interface MethodPlugin<S extends z.ZodObject = z.ZodObject> extends Plugin<'method', S> {
  /**
   * The runs of one seed, which are trained where they are not finished yet. Each is written to its folder as soon as
   * it ends; `tableRun` writes the most usual kind. Seeds know nothing of each other: they may be trained at once, on
   * different machines.
   * @param settings the method's own: `learn.<name>` of a built-in one, else `plugins.<name>`
   * @param seed counted from 1
   * @param earlier runs of all seeds of the method that it starts from
   */
  train(io: LearnIo, settings: z.infer<S>, seed: number, earlier: readonly LearnRun[]): Promise<LearnRun[]>;
  /** The name of the method whose runs have to be there first, if these settings want one. */
  startsFrom?(settings: z.infer<S>): string | undefined;
  /** How its seeds are compared on the way and the worse ones dropped, if these settings want that. */
  halving?(settings: z.infer<S>): Halving | undefined;
}

export const defineMethod: <S extends z.ZodObject>(method: Omit<MethodPlugin<S>, 'kind'>) => MethodPlugin<S> =
  definer('method');

/** A method with its settings. */
export interface LearnMethod {
  readonly name: string;
  train(io: LearnIo, seed: number, earlier: readonly LearnRun[]): Promise<LearnRun[]>;
  /** The one before it. */
  readonly startsFrom: string | undefined;
  readonly halving: Halving | undefined;
}
