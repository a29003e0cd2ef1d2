// What the run and its tasks on other machines tell each other, in files below the stage's unfinished folder: what is
// to be made, who makes a piece, why one could not be made, how long it took. What is not seen yet is looked for again:
// shared folders answer from caches that are seconds old.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { writeFileDurably } from '../core/durable.js';
import { AsrError, type ErrorCode } from '../core/errors.js';
import { pieceFolder, piecesFolder, pieceWorkSchema, type PieceWork } from '../core/pieces.js';
import type { PieceTime } from '../core/stage.js';

/** What one machine has written must be seen by another within this time: NFS keeps what it knows for a minute. */
export const visibleMs = 90_000;
const lookMs = 500;
/** Of a task that has told what was wrong, in a file. */
export const toldExit = 3;
const lastWordsMs = 3_000;
const logTail = 5;

export const taskListSchema = z.object({ work: pieceWorkSchema, tasks: z.array(z.string()) });
const failureSchema = z.object({ code: z.string(), message: z.string(), hint: z.string().optional() });
export type TaskFailure = z.infer<typeof failureSchema>;

/** How a piece was made; `start` is ms since 1970 by the clock of that machine. */
const madeSchema = z.object({ host: z.string(), start: z.number(), seconds: z.number(), cpuSeconds: z.number() });
export type Made = z.infer<typeof madeSchema>;

/** The dot keeps it apart from pieces. */
export const tasksFolder = (out: string): string => join(piecesFolder(out), 'elsewhere.tasks');
/** Logs of tasks stay when the stage is finished. */
export const logFolder = (out: string): string => join(dirname(out), 'logs');
export const failureFile = (out: string, name: string): string => `${pieceFolder(out, name)}.failed`;
export const ownerFile = (out: string, name: string): string => `${pieceFolder(out, name)}.owner`;
export const madeFile = (out: string, name: string): string => `${pieceFolder(out, name)}.made`;

/** @returns the file that tasks read; its name is new, so that no cache holds an old one */
export async function writeTaskList(work: PieceWork, tasks: readonly string[]): Promise<string> {
  await mkdir(tasksFolder(work.out), { recursive: true });
  const path = join(tasksFolder(work.out), `${randomUUID()}.json`);
  await writeFileDurably(path, JSON.stringify({ work, tasks }));
  return path;
}

/** Looks until it is so. @returns whether it was, within this time */
export async function becomesVisible(isThere: () => boolean, signal?: AbortSignal, ms = visibleMs): Promise<boolean> {
  for (const end = Date.now() + ms; !isThere(); await wait(lookMs, undefined, signal ? { signal } : {}))
    if (Date.now() > end) return false;
  return true;
}

/** What the task itself said before it ended; undefined when it was ended from outside. */
export async function readFailure(out: string, name: string): Promise<TaskFailure | undefined> {
  const path = failureFile(out, name);
  return existsSync(path) ? failureSchema.parse(JSON.parse(await readFile(path, 'utf8'))) : undefined;
}

/** Errors of the work itself come again; what the machine did may not. */
export const comesAgain = (told: TaskFailure | undefined): boolean =>
  told !== undefined && !['io', 'interrupted', 'dependency'].includes(told.code);

/** A piece that is given up: in the words of its task, or with the end of its log. */
export async function pieceError(
  piece: string,
  told: TaskFailure | undefined,
  { how, hint, log }: { readonly how: string; readonly hint: string; readonly log: string },
): Promise<AsrError> {
  const why = told?.message ?? `${how}${await tail(log)}`;
  return new AsrError((told?.code ?? 'io') as ErrorCode, `${piece}: ${why}`, `${told?.hint ?? hint} Its log: ${log}`);
}

async function tail(path: string): Promise<string> {
  const lines = (await readFile(path, 'utf8').catch(() => '')).trim().split('\n').slice(-logTail);
  return lines.join('').trim() === '' ? '' : `; its log ends:\n${lines.map((line) => `       ${line}`).join('\n')}`;
}

/**
 * When and where the pieces were made, by what their tasks have written; those that wrote nothing are missing. Pieces
 * that one machine made at once get places of their own.
 * @param names of finished pieces, whose tasks write this last
 */
export async function readTimes(out: string, names: readonly string[]): Promise<PieceTime[]> {
  const made: (Made & { name: string })[] = [];
  await becomesVisible(() => names.every((name) => existsSync(madeFile(out, name))), undefined, lastWordsMs);
  for (const name of names) {
    const text = await readFile(madeFile(out, name), 'utf8').catch(() => undefined);
    if (text !== undefined) made.push({ name, ...madeSchema.parse(JSON.parse(text)) });
  }
  const places: { host: string; end: number }[] = [];
  return made
    .sort((a, b) => a.start - b.start)
    .map(({ name, host, start: ms, seconds, cpuSeconds }) => {
      const start = (ms - performance.timeOrigin) / 1000;
      let place = places.findIndex((one) => one.host === host && one.end <= start + 1e-3);
      if (place < 0) place = places.push({ host, end: 0 }) - 1;
      places[place] = { host, end: start + seconds };
      return { name, place, start, seconds, host, cpuSeconds };
    });
}

/** For a shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
