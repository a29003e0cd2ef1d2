// Who makes the pieces of a run: processes of this machine, a Slurm cluster, or hosts that ssh reaches. Part of no
// hash: the result is the same.
import { z } from 'zod';
import { section } from '../core/config.js';
import { usualShardItems } from '../core/stage.js';

/** What a queue and a list of hosts have in common. */
const setup = z.string().default('').describe('shell lines before each piece, for instance module load nodejs');
const attempts = (what: string) => z.number().int().positive().max(100).default(3).describe(what);

export const executorConfig = z.object({
  kind: z
    .enum(['local', 'slurm', 'ssh'])
    .default('local')
    .describe(
      'local = processes on the cores of this machine; slurm = job arrays of a cluster; ssh = a list of hosts ' +
        '(docs/cluster.md)',
    ),
  jobs: z
    .number()
    .int()
    .nonnegative()
    .max(1024)
    .default(0)
    .describe(
      'pieces of work at once on this machine; 0 = as many as cores and ' +
        'free memory allow; 1 = everything in one process',
    ),
  memoryMiB: z
    .number()
    .int()
    .positive()
    .max(2 ** 22)
    .default(1500)
    .describe('memory that one piece may need; decides how many fit at once, and is asked of Slurm'),
  shardItems: z
    .number()
    .int()
    .positive()
    .max(1e6)
    .default(usualShardItems)
    .describe('recordings or utterances in one piece; a finished piece survives an interruption'),
  slurm: section({
    partition: z.string().default('').describe("partition of the jobs; empty = the cluster's own default"),
    time: z
      .union([
        z.number().int().positive().max(525_600),
        z.string().regex(/^(\d+-)?\d+(:\d+){0,2}$/, 'expected minutes, h:mm:ss or days-hours'),
      ])
      .default('12:00:00')
      .describe('limit of one piece, as sbatch --time takes it: minutes, h:mm:ss or days-hours'),
    cpus: z
      .number()
      .int()
      .positive()
      .max(1024)
      .default(1)
      .describe('cores of one piece; compute.threads follows where it is 0'),
    flags: z
      .array(z.string())
      .default([])
      .describe('further flags of sbatch, for instance --account=speech or --gres=gpu:1'),
    setup,
    atOnce: z
      .number()
      .int()
      .nonnegative()
      .max(1e5)
      .default(0)
      .describe('pieces of one stage that may run at the same time; 0 = as many as the cluster gives'),
    attempts: attempts('times that a piece is tried before the run gives up: nodes die'),
    pollSeconds: z.number().positive().max(3600).default(5).describe('s between two looks at the queue'),
  }),
  ssh: section({
    hosts: z
      .string()
      .default('')
      .describe('file of hosts, one a line: `8/user@node1` makes 8 pieces at once, `:` is this machine'),
    flags: z.array(z.string()).default([]).describe('further flags of ssh, for instance [-F, ssh-config]'),
    cpus: z.number().int().positive().max(1024).default(1).describe('threads of one piece where compute.threads is 0'),
    setup,
    attempts: attempts('times that a piece is begun before the run gives up; hosts that are lost do not count'),
  }),
});
export type ExecutorConfig = z.infer<typeof executorConfig>;
