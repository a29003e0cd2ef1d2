// What happens to a run: kills, a full disk, memory that runs out, a stage that fails beside another, a second runner,
// ctrl-C. `npm run faults` is the long version of the first, on the whole pipeline.
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testFaults } from '../../bench/faults.js';
import { folderDigest } from '../folder-digest.js';
import { asr, type Outcome, type ProgramOptions } from './program.js';
import { writeToneCorpus } from './tone-corpus.js';

let root: string;
let recipe: string;
let expected: Record<string, string>;
const settings = 'text: { language: es }\nexecutor: { shardItems: 3, jobs: 2 }\n';
const run = (
  folder: string,
  args: readonly string[] = [],
  options: ProgramOptions = {},
  other = recipe,
): Promise<Outcome> =>
  asr(['run', other, '--data', join(other, '..'), '--run', folder, '--to', 'features', ...args], options);
const features = (folder: string): Promise<Record<string, string>> => folderDigest(join(folder, 'features'));

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'asr-faults-test-'));
  recipe = await writeToneCorpus(join(root, 'corpus'), settings, 20);
  const outcome = await run(join(root, 'alone'), ['--jobs', '1']);
  expect(outcome.code, outcome.stderr).toBe(0);
  expected = await features(join(root, 'alone'));
});
afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));

/** Processes of one run that are still there. */
const workersOf = async (folder: string): Promise<number[]> => {
  const [name] = (await readdir(join(folder, 'lock'))).filter((file) => file.endsWith('.json'));
  return name === undefined
    ? []
    : (JSON.parse(await readFile(join(folder, 'lock', name), 'utf8')) as { children: { pid: number }[] }).children.map(
        ({ pid }) => pid,
      );
};

describe('a run', () => {
  it('ends with the same bytes after kills at random moments', async () => {
    const seed = randomInt(1e6);
    process.stdout.write(`kills at random moments, seed ${seed}\n`);
    const report = await testFaults({
      kills: 4,
      seed,
      args: [recipe, '--data', join(recipe, '..'), '--to', 'features'],
      tell: () => undefined,
    });
    expect([report.kills, report.differing, report.lostSeeds], `seed ${seed}`).toEqual([4, [], []]);
    expect(report.filesCompared).toBeGreaterThan(4);
  });

  it('tries a piece again when its worker is killed, as when memory runs out', async () => {
    const folder = join(root, 'memory');
    let killed = 0;
    // Not by what it says: few lines are said while workers are there.
    const watch = setInterval(() => {
      if (killed === 0 && existsSync(join(folder, 'lock')))
        void workersOf(folder).then(
          ([pid]) => {
            if (pid !== undefined && killed++ === 0) process.kill(pid, 'SIGKILL');
          },
          () => undefined,
        );
    }, 10);
    const outcome = await run(folder).finally(() => {
      clearInterval(watch);
    });
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(killed).toBeGreaterThan(0);
    expect(outcome.stderr).toMatch(/was ended by SIGKILL, most likely because memory ran out; it is tried again/);
    expect(await features(folder)).toEqual(expected);
  });

  const mayMount = process.getuid?.() === 0 && process.platform === 'linux';
  it.skipIf(!mayMount)(
    'stops with one sentence when the disk is full, and continues when it is not (needs root, for a small disk)',
    async () => {
      const disk = join(root, 'disk');
      await mkdir(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', disk]);
      try {
        const full = await run(join(disk, 'run'));
        expect([full.code, full.stderr]).toEqual([5, expect.stringContaining('the disk is full')]);
        expect(full.stderr).toContain('Free some space and run the same command again');
        expect(full.stderr.match(/the disk is full/g)).toHaveLength(1);
        execFileSync('mount', ['-o', 'remount,size=50m', disk]);
        const outcome = await run(join(disk, 'run'));
        expect(outcome.code, outcome.stderr).toBe(0);
        expect(await features(join(disk, 'run'))).toEqual(expected);
      } finally {
        execFileSync('umount', [disk]);
      }
    },
  );

  it('lets audio finish when text fails beside it, and says so once', async () => {
    const folder = join(root, 'text-fails');
    const bad = await writeToneCorpus(
      join(root, 'bad-text'),
      'text: { language: no-such }\nexecutor: { jobs: 2 }\n',
      20,
    );
    const outcome = await run(folder, ['--to', 'text'], {}, bad);
    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr.match(/no-such/g)).toHaveLength(1);
    expect(existsSync(join(folder, 'audio', 'stage.json'))).toBe(true);
    expect(existsSync(join(folder, 'text', 'stage.json'))).toBe(false);
  });

  it('refuses a folder in which another one runs, and stops everything on ctrl-C', async () => {
    const folder = join(root, 'twice');
    let second: Outcome | undefined;
    let workers: number[] = [];
    const interrupted = await run(folder, ['--set', 'executor.shardItems=1'], {
      pause: {
        when: (stderr) => stderr.includes('audio: starts'),
        meanwhile: async () => {
          second = await run(folder);
        },
      },
      interruptWhen: () => {
        if (existsSync(join(folder, 'lock')))
          void workersOf(folder).then(
            (found) => {
              workers = found;
            },
            () => undefined,
          );
        return second !== undefined && workers.length > 0;
      },
    });
    expect(interrupted.code, interrupted.stderr).toBe(130);
    expect(second).toMatchObject({ code: 2, stderr: expect.stringMatching(/process \d+ runs here since/) });
    for (const pid of workers) expect(() => process.kill(pid, 0), `worker ${pid}`).toThrow();
    expect((await run(folder)).code).toBe(0);
    expect(await features(folder)).toEqual(expected);
  });
});
