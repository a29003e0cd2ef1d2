// The Slurm executor against a real cluster of two nodes on this machine: same bytes as one process, also when a node
// is killed in the middle and when the run itself is. Runs where Slurm and munge are installed and the tests are root.
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asr, lastJson, projectFolder, type Outcome } from './program.js';
import { folderDigest } from '../folder-digest.js';
import { startCluster, whyNoCluster, type Cluster } from '../slurm/cluster.js';
import { latePieces } from '../ssh/late-pieces.js';
import { writeToneCorpus } from './tone-corpus.js';

const why = whyNoCluster();
if (why !== undefined) process.stderr.write(`slurm.test: skipped, ${why}\n`);

let root: string;
let cluster: Cluster;

const settings =
  'text: { language: es }\nexecutor: { shardItems: 2, memoryMiB: 300, slurm: { pollSeconds: 0.5, time: 5 } }\n';

const run = (
  folder: string,
  recipe: string,
  args: readonly string[],
  options: Parameters<typeof asr>[1] = {},
): Promise<Outcome> =>
  asr(['run', recipe, '--data', join(recipe, '..'), '--run', folder, '--to', 'features', ...args], {
    env: cluster.env,
    ...options,
  });

const onSlurm = ['--executor', 'slurm'];
describe.skipIf(why !== undefined)('the slurm executor', () => {
  let recipe: string;
  let expected: Record<string, string>;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'asr-slurm-'));
    cluster = await startCluster(join(root, 'cluster'));
    recipe = await writeToneCorpus(join(root, 'corpus'), settings);
    const outcome = await run(join(root, 'one-process'), recipe, ['--jobs', '1', '--set', 'executor.shardItems=1000']);
    expect(outcome.code, outcome.stderr).toBe(0);
    expected = await results(join(root, 'one-process'));
  });
  afterAll(async () => {
    cluster.stop();
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
    expect(cluster.queue()).toBe('');
    // The cluster keeps no accounts: tasks have told themselves.
    const { stages } = lastJson(await asr(['trace', folder, '--json'])) as {
      stages: { stage: string; pieces: number; pieceSeconds: number; cpuSeconds: number; hosts: string[] }[];
    };
    const audio = stages.find(({ stage }) => stage === 'audio');
    expect(audio).toMatchObject({ pieces: 5, hosts: ['n1', 'n2'] });
    expect(audio?.pieceSeconds).toBeGreaterThan(0);
    expect(audio?.cpuSeconds).toBeGreaterThan(0);
  });

  it('waits for results that are seen after their tasks have ended', async () => {
    const folder = join(root, 'late');
    const outcome = await run(folder, recipe, [
      ...onSlurm,
      '--set',
      `executor.slurm.setup=${await latePieces(root)}`,
      '--to',
      'audio',
    ]);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stderr).not.toMatch(/submitted again/);
    for (const [path, digest] of Object.entries(await folderDigest(join(folder, 'audio'))))
      expect([path, digest]).toEqual([path, expected[`audio/${path}`]]);
  });

  it('submits again what a dead node was doing', async () => {
    const folder = join(root, 'dead-node');
    // Tasks that wait a while, so that one surely runs on n2 when it dies.
    const going = run(folder, recipe, [...onSlurm, '--set', 'executor.slurm.setup=sleep 2']);
    await cluster.until(/RUNNING n2/);
    const revive = await cluster.kill('n2');
    const outcome = await going;
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stderr).toMatch(/task \d+_\d+ did not finish; it is submitted again/);
    expect(await results(folder)).toEqual(expected);
    revive();
  });

  it('finds its jobs again after the run was killed, and cancels them on ctrl-C', async () => {
    const folder = join(root, 'killed');
    const slow = [...onSlurm, '--set', 'executor.slurm.setup=sleep 2'];
    await run(folder, recipe, slow, { killWhen: (stderr) => /audio: job \d+/.test(stderr), killDelay: 300 });
    expect(cluster.queue()).not.toBe('');
    const interrupted = await run(folder, recipe, slow, {
      interruptWhen: () => existsSync(join(folder, 'features.partial', 'pieces', 'elsewhere.tasks', 'jobs.json')),
    });
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).not.toMatch(/audio: job/);
    expect(interrupted.stderr).toMatch(/features: cancelled 2 jobs/);
    await wait(1500);
    expect(cluster.queue()).not.toMatch(/PENDING/);
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
