// What the run remembers of its jobs on the cluster, in a file below the stage's unfinished folder: a run that was
// killed finds its jobs again with the same command.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileDurably } from '../core/durable.js';
import { tasksFolder } from './task-files.js';

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

const jobsFile = (out: string): string => join(tasksFolder(out), 'jobs.json');

export async function readSubmissions(out: string): Promise<Submission[]> {
  if (!existsSync(jobsFile(out))) return [];
  return jobsSchema.parse(JSON.parse(await readFile(jobsFile(out), 'utf8'))).submissions;
}

export async function writeSubmissions(out: string, submissions: readonly Submission[]): Promise<void> {
  await writeFileDurably(jobsFile(out), JSON.stringify({ submissions }));
}
