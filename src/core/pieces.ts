// Independent pieces of a stage's work: shards of a corpus, trainings from different seeds. A piece gets plain data and
// an own folder, so that it can be made by this process, another one, or another machine, and is kept when the stage is
// interrupted. The stage puts pieces together in its own order, so the result never depends on who made them.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { flushFolder, renameDurably, writeFileDurably } from './durable.js';
import { AsrError } from './errors.js';
import { JsonlWriter, readJsonl } from './jsonl.js';
import type { Log } from './log.js';
import { Rng } from './rng.js';
import {
  type Piece,
  type PieceIo,
  type PieceTime,
  type StageDefinition,
  type StageIo,
  workComputeSchema,
} from './stage.js';

/** What another process needs to make pieces of a stage. */
export const pieceWorkSchema = z.object({
  stage: z.string(),
  inputs: z.record(z.string(), z.string()),
  /** The stage's unfinished output folder; pieces lie below it. */
  out: z.string(),
  config: z.unknown(),
  data: z.string(),
  seed: z.number(),
  compute: workComputeSchema,
});
export type PieceWork = z.infer<typeof pieceWorkSchema>;

/** Makes pieces several at once, wherever it likes. */
export interface Executor {
  /** How many of so many pieces it would make at once; 1 means that nothing is gained by asking it. */
  width(pieces: number): number;
  /**
   * @param names pieces that are not finished yet
   * @returns when each was made, as far as it is known; `start` as `performance.now()`, in seconds
   * @throws AsrError of the first piece that failed, after the others have ended; the signal's reason when aborted
   */
  make(
    work: PieceWork,
    names: readonly string[],
    log: Log,
    signal: AbortSignal | undefined,
  ): Promise<readonly PieceTime[]>;
  /**
   * Ends what an earlier, interrupted run may still have going below a stage's unfinished folder.
   * @param continues the folder is kept and its work is the same, so that an
   * executor may also take over what still goes
   */
  prepare(out: string, continues: boolean): Promise<void>;
}

/** Divides items 0 to `items` into stretches of `size`, named after their first and last. */
export function ranges(items: number, size: number): { name: string; first: number; end: number }[] {
  const digits = String(items).length;
  const number = (n: number): string => String(n).padStart(digits, '0');
  return Array.from({ length: Math.ceil(items / size) }, (_, i) => {
    const [first, end] = [i * size, Math.min(items, (i + 1) * size)];
    return { name: `${number(first)}-${number(end - 1)}`, first, end };
  });
}

export const piecesFolder = (out: string): string => join(out, 'pieces');
export const pieceFolder = (out: string, name: string): string => join(piecesFolder(out), name);
const inputFile = (out: string, name: string): string => `${pieceFolder(out, name)}.json`;
export const pieceIsFinished = (out: string, name: string): boolean => existsSync(pieceFolder(out, name));

/** Seconds on the clock that times of pieces are taken from. */
export const secondsNow = (): number => performance.now() / 1000;

/** For the record of a stage that began at `started`, by the same clock. */
export const timesSince = (times: readonly PieceTime[], started: number): { pieces?: PieceTime[] } =>
  times.length === 0 ? {} : { pieces: times.map((piece) => ({ ...piece, start: piece.start - started })) };

export interface MakePieces {
  readonly executor?: Executor | undefined;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  /** Gets when each was made; `start` as `secondsNow`. */
  readonly times: PieceTime[];
}

/** Has the pieces made that are not there yet. @returns their folders, in the order of `pieces` */
export async function makePieces(
  stage: StageDefinition,
  work: PieceWork,
  pieces: Iterable<Piece> | AsyncIterable<Piece>,
  { executor, log, signal, times }: MakePieces,
): Promise<string[]> {
  await mkdir(piecesFolder(work.out), { recursive: true });
  const all: string[] = [];
  const names: string[] = [];
  for await (const { name, input } of pieces) {
    signal?.throwIfAborted();
    all.push(name);
    if (pieceIsFinished(work.out, name)) continue;
    names.push(name);
    await writeFileDurably(inputFile(work.out, name), JSON.stringify(input));
  }
  if (names.length < all.length) log.info(`${all.length - names.length} of ${all.length} pieces are there already`);
  if (executor && names.length > 0 && executor.width(names.length) !== 1)
    times.push(...(await executor.make(work, names, log, signal)));
  else
    for (const name of names) {
      const start = secondsNow();
      await makePiece(stage, work, name, all.length > 1 ? log.child(name) : log, signal);
      times.push({ name, place: 0, start, seconds: secondsNow() - start });
    }
  for (const name of all) {
    if (!pieceIsFinished(work.out, name))
      throw new AsrError(
        'internal',
        `${pieceFolder(work.out, name)}: the piece is not there, though it was made`,
        'On a shared file system, check that all machines see the same folder.',
      );
  }
  return all.map((name) => pieceFolder(work.out, name));
}

/** Makes one piece: its folder appears whole or not at all. Whoever comes second throws his own away. */
export async function makePiece(
  stage: StageDefinition,
  work: PieceWork,
  name: string,
  log: Log,
  signal?: AbortSignal,
): Promise<void> {
  if (!stage.piece) throw new AsrError('internal', `stage ${stage.name} has no pieces`);
  const input: unknown = JSON.parse(await readFile(inputFile(work.out, name), 'utf8'));
  const folder = pieceFolder(work.out, name);
  const attempt = `${folder}.${hostname()}-${process.pid}.partial`;
  await rm(attempt, { recursive: true, force: true });
  await mkdir(attempt, { recursive: true });
  const skipped = new SkippedItems(attempt);
  const io: Omit<PieceIo<unknown>, 'out' | 'stageOut'> = {
    ...work,
    rng: Rng.fromSeed(work.seed).fork(stage.name),
    log,
    ...(signal ? { signal } : {}),
    skip: (id, reason, about) => skipped.add(id, reason, about),
  };
  try {
    await stage.piece({ ...io, out: attempt, stageOut: work.out } as never, input);
  } finally {
    await skipped.close();
  }
  await flushFolder(attempt);
  try {
    await renameDurably(attempt, folder);
  } catch (error) {
    if (!pieceIsFinished(work.out, name)) throw error;
    await rm(attempt, { recursive: true, force: true });
  }
}

const skippedSchema = z.object({ id: z.string(), reason: z.string() }).catchall(z.string());

/** Leaves out, in the stage's own name, what was left out of a piece. */
export async function repeatSkipped(folder: string, skip: StageIo<unknown>['skip']): Promise<void> {
  const path = join(folder, SkippedItems.file);
  if (!existsSync(path)) return;
  for await (const { id, reason, ...about } of readJsonl(path, skippedSchema)) await skip(id, reason, about);
}

/** Paths may hold line breaks. */
const oneLine = (text: string): string =>
  text
    .split('\n')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join(' ');

/** The items that a stage or piece leaves out, in a file that is there only if there are any. */
export class SkippedItems {
  static readonly file = 'skipped.jsonl';
  readonly #folder: string;
  readonly #log: Log | undefined;
  #writer: JsonlWriter | undefined;
  count = 0;

  /** @param log for a warning about each; a piece gives none, since the stage warns when it puts pieces together */
  constructor(folder: string, log?: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  async add(id: string, reason: string, about: Readonly<Record<string, string>> = {}): Promise<void> {
    this.count++;
    this.#log?.warn(`left out "${id}": ${oneLine(reason)}`);
    this.#writer ??= await JsonlWriter.create(join(this.#folder, SkippedItems.file));
    await this.#writer.write({ id, reason, ...about });
  }

  async close(): Promise<void> {
    await this.#writer?.close();
  }
}
