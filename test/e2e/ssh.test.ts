// The executor over ssh against real sshds on loopback ports: same bytes as one process, also when a host hangs in the
// middle, cannot be reached, or shows its results late, and when the run is stopped. Skipped where there is no sshd.
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asr, lastJson, type Outcome } from './program.js';
import { folderDigest } from '../folder-digest.js';
import { seenLate, startHosts, whyNoHosts, whyNoMount, type LocalHosts } from '../ssh/hosts.js';
import { latePieces } from '../ssh/late-pieces.js';
import { writeToneCorpus } from './tone-corpus.js';

const why = whyNoHosts();
if (why !== undefined) process.stderr.write(`ssh.test: skipped, ${why}\n`);

const settings = 'text: { language: es }\nexecutor: { shardItems: 2, memoryMiB: 300 }\n';

describe.skipIf(why !== undefined)('the ssh executor', () => {
  let root: string;
  /** Not below `root`, which a test mounts over itself. */
  let keys: string;
  let hosts: LocalHosts;
  let recipe: string;
  let expected: Record<string, string>;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'asr-ssh-'));
    keys = await mkdtemp(join(tmpdir(), 'asr-ssh-keys-'));
    hosts = await startHosts(keys, ['n1', 'n2', 'gone']);
    await writeFile(join(root, 'two.hosts'), '# the machines under the desk\n2/n1\nn2\n');
    await writeFile(join(root, 'broken.hosts'), 'n1\nn2\ngone\n');
    await writeFile(join(root, 'none.hosts'), 'gone\n');
    recipe = await writeToneCorpus(join(root, 'corpus'), settings);
    const outcome = await run('one-process', 'two', ['--executor', 'local', '--jobs', '1']);
    expect(outcome.code, outcome.stderr).toBe(0);
    expected = await results('one-process');
  });
  afterAll(async () => {
    hosts.stop();
    for (const folder of [root, keys]) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const run = (
    name: string,
    list: string,
    more: readonly string[] = [],
    options: Parameters<typeof asr>[1] = {},
  ): Promise<Outcome> => {
    const ssh = [`executor.ssh.hosts=${join(root, `${list}.hosts`)}`, `executor.ssh.flags=[-F, ${hosts.config}]`];
    return asr(
      [
        ...['run', recipe, '--data', join(root, 'corpus'), '--run', join(root, name), '--to', 'features'],
        ...['--executor', 'ssh', ...ssh.flatMap((one) => ['--set', one]), ...more],
      ],
      options,
    );
  };

  async function results(name: string): Promise<Record<string, string>> {
    const all: Record<string, string> = {};
    for (const stage of ['audio', 'vad', 'features'])
      for (const [path, digest] of Object.entries(await folderDigest(join(root, name, stage))))
        all[`${stage}/${path}`] = digest;
    return all;
  }

  it('gives the bytes of one process from all hosts, keeps logs, and records who made what for how long', async () => {
    const outcome = await run('plain', 'two');
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stderr).toMatch(/audio: 5 pieces, 3 at once on n1, n2/);
    expect(await results('plain')).toEqual(expected);
    const logs = (await readdir(join(root, 'plain', 'logs'))).filter((name) => name.startsWith('audio-'));
    expect(logs).toHaveLength(5);
    const texts = await Promise.all(logs.map((name) => readFile(join(root, 'plain', 'logs', name), 'utf8')));
    for (const text of texts) expect(text).toMatch(/^on n[12]:\n[^]*done\n$/u);
    expect(new Set(texts.map((text) => text.slice(0, 5)))).toEqual(new Set(['on n1', 'on n2']));
    const { stages } = lastJson(await asr(['trace', join(root, 'plain'), '--json'])) as {
      stages: { stage: string; pieces: number; pieceSeconds: number; hosts: string[] }[];
    };
    const audio = stages.find(({ stage }) => stage === 'audio');
    expect(audio).toMatchObject({ pieces: 5, hosts: [expect.any(String)] });
    expect(audio?.pieceSeconds).toBeGreaterThan(0);
  });

  it('gives to another host what one that hangs or is away was doing, and names both', async () => {
    let thaw: (() => void) | undefined;
    const going = run('broken', 'broken', ['--set', 'executor.ssh.setup=sleep 2'], {
      interruptWhen: () => {
        if (thaw === undefined && existsSync(join(root, 'broken', 'audio.partial', 'pieces'))) {
          if (hosts.running('remote-task.js') > 0) thaw = hosts.freeze('n2');
        }
        return false;
      },
    });
    const outcome = await going;
    thaw?.();
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stderr).toMatch(/n2: lost \(.*\); \d+-\d+ goes to a free host/);
    expect(outcome.stderr).toMatch(/gone: lost \(.*Connection refused.*\)/);
    expect(await results('broken')).toEqual(expected);
    // What stood still on the host finds that it is no longer wanted.
    for (let tries = 0; hosts.running(join(root, 'broken')) > 0; tries++) {
      expect(tries).toBeLessThan(100);
      await wait(200);
    }
  });

  it('waits for results that are seen after their task has ended', async () => {
    const outcome = await run('late', 'two', ['--set', `executor.ssh.setup=${await latePieces(root)}`]);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stderr).not.toMatch(/tried again|lost/);
    expect(await results('late')).toEqual(expected);
  });

  const noMount = whyNoMount();
  if (noMount !== undefined) process.stderr.write(`ssh.test, mounted folder: skipped, ${noMount}\n`);
  it.skipIf(noMount !== undefined)('sees the folder over the network, through a cache that is behind', async () => {
    const shell = seenLate(hosts.config, 'n1', root, 4);
    const outcome = await run('mounted', 'two', [], { shell });
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stderr).not.toMatch(/tried again|lost/);
    expect(await results('mounted')).toEqual(expected);
    const [outside, inside] = await Promise.all([
      run('shared', 'two', ['--set', 'executor.ssh.setup=sleep 5']),
      wait(2500).then(() => run('shared', 'two', [], { shell })),
    ]);
    expect(outside.code, outside.stderr).toBe(0);
    expect([inside.code, inside.stderr]).toEqual([2, expect.stringMatching(/process \d+ runs here since/)]);
  });

  it('ends its tasks with the run, and goes on with the same command', async () => {
    const slow = ['--set', 'executor.ssh.setup=sleep 3'];
    await run('stopped', 'two', slow, { killWhen: (stderr) => /audio: 5 pieces/.test(stderr), killDelay: 1000 });
    const interrupted = await run('stopped', 'two', slow, {
      interruptWhen: () => existsSync(join(root, 'stopped', 'audio.partial', 'pieces', '00-01.owner')),
    });
    expect(interrupted.code).toBe(130);
    for (let tries = 0; hosts.running(join(root, 'stopped')) > 0; tries++) {
      expect(tries).toBeLessThan(100);
      await wait(200);
    }
    const outcome = await run('stopped', 'two');
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(await results('stopped')).toEqual(expected);
  });

  it('gives up in the words of the task, of ssh, or of the file of hosts', async () => {
    const wrong = ['--from', 'features', '--set', 'features.lowHz=7000', '--set', 'features.highHz=6000'];
    const failing = await run('plain', 'two', wrong);
    expect([failing.code, failing.stderr]).toEqual([2, expect.stringMatching(/lowHz 7000 is not below highHz 6000/)]);
    const nowhere = await run('nowhere', 'none');
    expect([nowhere.code, nowhere.stderr]).toEqual([
      5,
      expect.stringMatching(/no host is left: gone \(.*Connection refused[^]*work without a password/),
    ]);
    const absent = await run('absent', 'no-such-file');
    expect([absent.code, absent.stderr]).toEqual([5, expect.stringMatching(/no-such-file/)]);
  }, 120_000);
});
