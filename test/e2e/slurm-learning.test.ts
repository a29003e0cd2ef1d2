// Learning and decoding on a real cluster of two nodes, one of which is killed in each: the bytes of one process; and
// settings that are tried one after the other there. Runs where Slurm and munge are installed and the tests are root.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asr, type Outcome } from './program.js';
import { folderDigest } from '../folder-digest.js';
import { startCluster, whyNoCluster, type Cluster } from '../slurm/cluster.js';

const why = whyNoCluster();
if (why !== undefined) process.stderr.write(`slurm-learning.test: skipped, ${why}\n`);

/** Two minutes of sound, with pieces of every kind. */
const tiny = [
  ...['corpus.minutes=2', 'text.maxSentences=500', 'clusters.count=40', 'learn.matching.steps=150'],
  ...['learn.matching.restarts=2', 'learn.cycle.starts=2', 'learn.cycle.rounds=1', 'decode.method=greedy'],
  ...['selftrain.method=none', 'executor.shardItems=15', 'compute.threads=1'],
];
const onSlurm = [
  ...['executor.kind=slurm', 'executor.memoryMiB=900', 'executor.slurm.pollSeconds=0.5', 'executor.slurm.time=15'],
  // Long enough that a task surely runs when its node dies.
  'executor.slurm.setup=sleep 2',
];
const set = (settings: readonly string[]): string[] => settings.flatMap((one) => ['--set', one]);

describe.skipIf(why !== undefined)('learning on a cluster', () => {
  let root: string;
  let cluster: Cluster;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'asr-slurm-learning-'));
    const outcome = await asr(
      ['run', 'demo-es', '--run', join(root, 'here'), '--to', 'decode', ...set([...tiny, 'executor.jobs=1'])],
      {},
    );
    // 7: what two minutes teach is worth nothing, which is no error here.
    expect([0, 7], outcome.stderr).toContain(outcome.code);
    cluster = await startCluster(join(root, 'cluster'));
  });
  afterAll(async () => {
    cluster.stop();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  });

  it('gives the bytes of one process though a node dies in learn and another in decode', async () => {
    const folder = join(root, 'there');
    await cp(join(root, 'here'), folder, { recursive: true });
    const args = ['--from', 'learn', '--to', 'decode', '--force', ...set([...tiny, ...onSlurm])];
    const going = asr(['run', 'demo-es', '--run', folder, ...args], { env: cluster.env });
    await cluster.until(/RUNNING n2 asr-there-learn/);
    const revive = await cluster.kill('n2');
    await cluster.until(/^\S+ RUNNING n1 asr-there-decode/mu);
    revive();
    const reviveFirst = await cluster.kill('n1');
    const outcome: Outcome = await going;
    reviveFirst();
    expect([0, 7], outcome.stderr).toContain(outcome.code);
    expect(outcome.stderr).toMatch(/learn: warning: \S+: task \S+ did not finish; it is submitted again/);
    expect(outcome.stderr).toMatch(/decode: warning: \S+: task \S+ did not finish; it is submitted again/);
    for (const stage of ['learn', 'decode'])
      expect(await folderDigest(join(folder, stage)), stage).toEqual(await folderDigest(join(root, 'here', stage)));
  });

  it('tries settings there, and gets for those of the run what the run has, though a node dies', async () => {
    const climbing = asr(
      [
        ...['climb', 'demo-es', '--over', 'learn.matching.steps=100,150', '--search', 'grid', '--json'],
        ...['--run', join(root, 'climb'), '--share', join(root, 'here'), ...set([...tiny, ...onSlurm])],
      ],
      { env: cluster.env },
    );
    await cluster.until(/RUNNING n2 \S+-learn/);
    const revive = await cluster.kill('n2');
    const outcome = await climbing;
    revive();
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stderr).toMatch(/did not finish; it is submitted again/);
    const tries = outcome.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { folder: string; values: Record<string, string>; metric: number | null });
    expect(tries).toHaveLength(2);
    const same = tries.find(({ values }) => values['learn.matching.steps'] === '150');
    expect(await folderDigest(join(same!.folder, 'learn'))).toEqual(await folderDigest(join(root, 'here', 'learn')));
  });
});
