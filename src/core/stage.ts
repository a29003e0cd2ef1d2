// What a stage is: a name, what it reads, a config schema and one function from input folders to an output
// folder. `stage.json` is the proof that it finished, and with what.
import { z } from 'zod';
import { energySchema } from './energy.js';
import type { Log } from './log.js';
import type { Rng } from './rng.js';

/** How much arithmetic may run where; part of no hash, recorded in stage.json. */
export const computeSchema = z.object({
  engine: z
    .enum(['cpu', 'webgpu', 'cuda', 'tfjs', 'auto'])
    .default('cpu')
    .describe('where the traced graphs run; auto = the fastest that is there; `asr check --engine` says what is'),
  threads: z.number().int().nonnegative().max(1024).default(0).describe('threads of one graph; 0 = one per core'),
});
/** What a recipe says, and what those that have several runs made add for all of them. */
export const workComputeSchema = computeSchema.extend({
  /** Blocks of a published encoder that these runs take one of each: a sound is heard once, and kept in the folder. */
  heard: z
    .object({ folder: z.string(), layers: z.array(z.number().int().min(0).max(1000)).min(1).max(64) })
    .exactOptional(),
});
export type Compute = z.infer<typeof workComputeSchema>;

/** An independent part of a stage's work; see pieces.ts. */
export interface Piece {
  /** Of the piece's folder: letters, digits, dots and dashes. Another name for other input. */
  readonly name: string;
  /** Plain data that says which part of the work it is. */
  readonly input: unknown;
}

/**
 * What a stage's function gets. `out` is the folder to write into.
 * @typeParam I the input stages that it may open
 */
export interface StageIo<C, I extends string = never> {
  /** Folders of what the stage declares to read, by stage. */
  readonly inputs: Readonly<Record<I, string>>;
  readonly out: string;
  readonly config: C;
  /** The folder that relative paths of the config start from: the prepared corpus, or `--data`. */
  readonly data: string;
  readonly seed: number;
  readonly rng: Rng;
  readonly log: Log;
  readonly compute: Compute;
  readonly signal?: AbortSignal;
  /**
   * Leaves one bad item out: a warning line, a record in `skipped.jsonl`, a count in stage.json.
   * @param about goes into the record, for stages that need to know more of what is missing
   */
  readonly skip: (id: string, reason: string, about?: Readonly<Record<string, string>>) => Promise<void>;
  /**
   * Has independent pieces of the work, given all or one by one, made by the stage's `piece`, several at once where
   * cores or machines allow; those that an interrupted run finished are there already.
   * @returns their folders, in the order given
   */
  readonly pieces: (pieces: Iterable<Piece> | AsyncIterable<Piece>) => Promise<readonly string[]>;
  /** Recordings or utterances in one piece, for stages that divide the corpus. */
  readonly shardItems: number;
}

/** What the function that makes one piece gets: `out` is the piece's own folder, `stageOut` that of the whole stage. */
export type PieceIo<C, I extends string = never> = Omit<StageIo<C, I>, 'pieces' | 'shardItems'> & {
  readonly stageOut: string;
};

/** Where a run does not say otherwise: about an hour of speech, which is decoded within a minute. */
export const usualShardItems = 1000;

export type StageCounts = Record<string, number>;

/** Another stage's work that a stage makes in its own folder. */
export interface InnerStage {
  /** For people. */
  readonly name: string;
  /** Below that of the outer stage. */
  readonly folder: string;
  readonly stage: StageDefinition;
  readonly config: unknown;
  readonly inputs: Readonly<Record<string, string>>;
}

export interface StageDefinition<S extends z.ZodObject = z.ZodObject, I extends string = string> {
  readonly name: string;
  /** Raised when the same config would now give other bytes: outputs of older versions are made again. */
  readonly version: number;
  /** Input stages in the order that `asr stage --in` takes them. */
  readonly reads: readonly I[];
  readonly config: S;
  /** Keeps its unfinished output folder after a kill and continues inside it; a stage with pieces always does. */
  readonly resumable?: boolean;
  /** Files or folders outside the run that the result depends on; absolute paths. */
  external?(config: z.infer<S>, data: string): readonly string[];
  /** What `run` makes with `runInner`, for the plan. */
  inner?(config: z.infer<S>, data: string, inputs: Readonly<Record<I, string>>): readonly InnerStage[];
  /** @returns what was counted, for instance utterances and seconds of speech */
  run(io: StageIo<z.infer<S>, I>): Promise<StageCounts>;
  /** Makes one piece that `run` asked for, perhaps in another process or on another machine. */
  piece?(io: PieceIo<z.infer<S>, I>, input: unknown): Promise<void>;
}

/** Checks the literal's types against its own schema. */
export function defineStage<S extends z.ZodObject, const I extends string>(
  definition: StageDefinition<S, I>,
): StageDefinition<S, I> {
  return definition;
}

/** A piece of a stage's work in time. */
export const pieceTimeSchema = z.object({
  name: z.string(),
  /** Of the places that pieces are made at side by side, the first is 0. */
  place: z.number().int().nonnegative().max(100_000),
  /** Seconds from the beginning of the stage; of the attempt that made it. */
  start: z.number(),
  seconds: z.number(),
  /** Where another machine made it: its name, and the CPU seconds that it took there. */
  host: z.string().exactOptional(),
  cpuSeconds: z.number().exactOptional(),
});
export type PieceTime = z.infer<typeof pieceTimeSchema>;

export const stageRecordSchema = z.object({
  stage: z.string(),
  /** Hash of config, seed, stage version and inputs: equal keys mean equal bytes. */
  key: z.string(),
  version: z.number(),
  program: z.string(),
  seed: z.number(),
  config: z.unknown(),
  inputs: z.record(z.string(), z.string()),
  counts: z.record(z.string(), z.number()),
  skipped: z.number(),
  seconds: z.number(),
  peakMiB: z.number(),
  /** Absent where an older version made it; of stages that run at once each has what all took. */
  energy: energySchema.optional(),
  /** When each piece was made; absent where the stage has none. */
  pieces: z.array(pieceTimeSchema).optional(),
  compute: z.unknown(),
  finished: z.string(),
});
export type StageRecord = z.infer<typeof stageRecordSchema>;
