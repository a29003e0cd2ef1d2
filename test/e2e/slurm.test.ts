// The Slurm executor against a real cluster of two nodes on this machine: same bytes as one process, also when a node
// is killed in the middle and when the run itself is. Runs where Slurm and munge are installed and the tests are root.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asr, projectFolder, type Outcome } from './program.js';
import { folderDigest } from '../folder-digest.js';
import { writeToneCorpus } from './tone-corpus.js';

const installed = ['slurmctld', 'slurmd', 'munged', 'sbatch'].every((name) =>
  (process.env['PATH'] ?? '')
    .split(':')
    .concat('/usr/sbin')
    .some((folder) => existsSync(join(folder, name))),
);
const usable = installed && process.getuid?.() === 0;
if (!usable)
  process.stderr.write(
    'slurm.test: skipped, ' +
      `${installed ? 'the test cluster needs root' : 'not installed: apt-get install slurm-wlm munge'}\n`,
  );

const script = join(import.meta.dirname, '..', 'slurm', 'cluster.sh');
let root: string;
let env: NodeJS.ProcessEnv;

/** The first of three free ports. */
function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => {
        done(Math.min(port, 65_000));
      });
    });
  });
}

const settings =
  'text: { language: es }\nexecutor: { shardItems: 2, memoryMiB: 300, slurm: { pollSeconds: 0.5, time: 5 } }\n';

const run = (
  folder: string,
  recipe: string,
  args: readonly string[],
  options: Parameters<typeof asr>[1] = {},
): Promise<Outcome> =>
  asr(['run', recipe, '--data', join(recipe, '..'), '--run', folder, '--to', 'features', ...args], { env, ...options });

const onSlurm = ['--executor', 'slurm'];
const queue = (): string =>
  execFileSync('squeue', ['--noheader', '--array', '--format=%i %T %N'], { env, encoding: 'utf8' }).trim();

/** Tasks of a node of this cluster, and the children of its daemon. */
async function processesOf(node: string, daemon: number): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const read = (file: string): Promise<string> => readFile(join('/proc', name, file), 'utf8').catch(() => '');
    const environment = (await read('environ')).split('\0');
    const parent = Number((await read('stat')).split(') ')[1]?.split(' ')[1]);
    const isTask =
      environment.includes(`SLURMD_NODENAME=${node}`) && environment.includes(`SLURM_CONF=${env['SLURM_CONF']}`);
    if (isTask || parent === daemon) found.push(Number(name));
  }
  return found;
}

describe.skipIf(!usable)('the slurm executor', () => {
  let recipe: string;
  let expected: Record<string, string>;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'asr-slurm-'));
    env = { ...process.env, SLURM_CONF: join(root, 'cluster', 'slurm.conf'), PATH: `${process.env['PATH']}:/usr/sbin` };
    execFileSync('sh', [script, 'start', join(root, 'cluster'), String(await freePort())], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    recipe = await writeToneCorpus(join(root, 'corpus'), settings);
    const outcome = await run(join(root, 'one-process'), recipe, ['--jobs', '1', '--set', 'executor.shardItems=1000']);
    expect(outcome.code, outcome.stderr).toBe(0);
    expected = await results(join(root, 'one-process'));
  });
  afterAll(async () => {
    execFileSync('sh', [script, 'stop', join(root, 'cluster')], { env, stdio: 'ignore' });
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  });

  async function results(folder: string): Promise<Record<string, string>> {
    const all: Record<string, string> = {};
    for (const stage of ['audio', 'vad', 'features'])
      for (const [path, digest] of Object.entries(await folderDigest(join(folder, stage))))
        all[`${stage}/${path}`] = digest;
    return all;
  }

  it('gives the bytes of one process, keeps the logs of its tasks, and leaves nothing in the queue', async () => {
    const folder = join(root, 'plain');
    const outcome = await run(folder, recipe, onSlurm);
    expect(outcome.code, outcome.stderr).toBe(0);
    // The cluster takes arrays of 4.
    expect(outcome.stderr).toMatch(/audio: job \d+: 4 pieces\n.*audio: job \d+: 1 piece\n/);
    expect(await results(folder)).toEqual(expected);
    const logs = await readdir(join(folder, 'logs'));
    expect(logs.filter((name) => name.startsWith('audio-'))).toHaveLength(5);
    expect(await readFile(join(folder, 'logs', logs[0] as string), 'utf8')).toContain('done');
    expect(queue()).toBe('');
  });

  it('submits again what a dead node was doing', async () => {
    const folder = join(root, 'dead-node');
    // Tasks that wait a while, so that one surely runs on n2 when it dies.
    const going = run(folder, recipe, [...onSlurm, '--set', 'executor.slurm.setup=sleep 2']);
    while (!/RUNNING n2/.test(queue())) await wait(200);
    const daemon = Number(await readFile(join(root, 'cluster', 'slurmd.n2.pid'), 'utf8'));
    // The node loses its daemon and all that runs on it at once, as when its power goes.
    for (const pid of [daemon, ...(await processesOf('n2', daemon))]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        /* it ended by itself */
      }
    }
    execFileSync('scontrol', ['update', 'nodename=n2', 'state=down', 'reason=power'], { env });
    const outcome = await going;
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stderr).toMatch(/task \d+_\d+ did not finish; it is submitted again/);
    expect(await results(folder)).toEqual(expected);
    spawn('slurmd', ['-N', 'n2'], { env, stdio: 'ignore' });
    execFileSync('scontrol', ['update', 'nodename=n2', 'state=resume'], { env });
  });

  it('finds its jobs again after the run was killed, and cancels them on ctrl-C', async () => {
    const folder = join(root, 'killed');
    const slow = [...onSlurm, '--set', 'executor.slurm.setup=sleep 2'];
    await run(folder, recipe, slow, { killWhen: (stderr) => /audio: job \d+/.test(stderr), killDelay: 300 });
    expect(queue()).not.toBe('');
    const interrupted = await run(folder, recipe, slow, {
      interruptWhen: () => existsSync(join(folder, 'features.partial', 'pieces', 'elsewhere.tasks', 'jobs.json')),
    });
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).not.toMatch(/audio: job/);
    expect(interrupted.stderr).toMatch(/features: cancelled 2 jobs/);
    await wait(1500);
    expect(queue()).not.toMatch(/PENDING/);
    const outcome = await run(folder, recipe, slow);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(await results(folder)).toEqual(expected);
  });

  it('gives up with the words of the task when the work itself fails, and of sbatch when it refuses', async () => {
    const folder = join(root, 'failing');
    await cp(join(root, 'one-process'), folder, { recursive: true });
    const failing = await run(folder, recipe, [
      ...onSlurm,
      '--from',
      'features',
      '--set',
      'features.lowHz=7000',
      '--set',
      'features.highHz=6000',
    ]);
    expect(failing.code).toBe(2);
    expect(failing.stderr).toMatch(/given up after 1 attempt/);
    expect(failing.stderr).toMatch(/lowHz 7000 is not below highHz 6000/);
    const refused = await run(join(root, 'refused'), recipe, [...onSlurm, '--set', 'executor.slurm.partition=nowhere']);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/sbatch refused the job: .*partition/)]);
  });
});

it('says what is missing on a machine without Slurm', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'asr-no-slurm-'));
  try {
    const own = await writeToneCorpus(join(folder, 'corpus'), settings);
    const outcome = await asr(
      [
        'run',
        own,
        '--data',
        join(folder, 'corpus'),
        '--run',
        join(folder, 'run'),
        '--to',
        'features',
        '--executor',
        'slurm',
      ],
      { cwd: projectFolder, env: { PATH: '/nowhere' } },
    );
    expect([outcome.code, outcome.stderr]).toEqual([4, expect.stringContaining('sbatch: not found')]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
