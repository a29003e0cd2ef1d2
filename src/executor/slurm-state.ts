// What the run remembers of its jobs on the cluster, in files below the stage's unfinished folder: a run that was
// killed finds its jobs again with the same command, and the tasks on the nodes read from there what they have to do.
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { writeFileDurably } from '../core/durable.js';
import { pieceFolder, piecesFolder, pieceWorkSchema, type PieceWork } from '../core/pieces.js';

/** One job array: task i makes the piece `tasks[i]`. */
const submissionSchema = z.object({
  job: z.string(),
  /** Where it lies behind `--clusters`. */
  cluster: z.string().optional(),
  /** ms since 1970. */
  submitted: z.number().default(0),
  tasks: z.array(z.string()),
});
const jobsSchema = z.object({ submissions: z.array(submissionSchema) });
export type Submission = z.infer<typeof submissionSchema>;

export const taskListSchema = z.object({ work: pieceWorkSchema, tasks: z.array(z.string()) });

const failureSchema = z.object({ code: z.string(), message: z.string(), hint: z.string().optional() });
export type TaskFailure = z.infer<typeof failureSchema>;

const slurmFolder = (out: string): string => join(piecesFolder(out), 'slurm');
const jobsFile = (out: string): string => join(slurmFolder(out), 'jobs.json');

/** Logs of tasks stay when the stage is finished. */
export const logFolder = (out: string): string => join(dirname(out), 'logs');
export const failureFile = (out: string, name: string): string => `${pieceFolder(out, name)}.failed`;
export const ownerFile = (out: string, name: string): string => `${pieceFolder(out, name)}.owner`;

export async function readSubmissions(out: string): Promise<Submission[]> {
  if (!existsSync(jobsFile(out))) return [];
  return jobsSchema.parse(JSON.parse(await readFile(jobsFile(out), 'utf8'))).submissions;
}

export async function writeSubmissions(out: string, submissions: readonly Submission[]): Promise<void> {
  await writeFileDurably(jobsFile(out), JSON.stringify({ submissions }));
}

/** @returns the file that the tasks of one array read */
export async function writeTaskList(work: PieceWork, tasks: readonly string[], number: number): Promise<string> {
  await mkdir(slurmFolder(work.out), { recursive: true });
  const path = join(slurmFolder(work.out), `tasks-${number}.json`);
  await writeFileDurably(path, JSON.stringify({ work, tasks }));
  return path;
}

/** What the task itself said before it ended; undefined when it was ended from outside. */
export async function readFailure(out: string, name: string): Promise<TaskFailure | undefined> {
  const path = failureFile(out, name);
  return existsSync(path) ? failureSchema.parse(JSON.parse(await readFile(path, 'utf8'))) : undefined;
}
