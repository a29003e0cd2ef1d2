// `npm run faults`: kills the runner and its workers at random moments of every stage until so many kills are spent,
// over as many runs as that takes, and compares every result with that of an undisturbed run. A training that was
// finished when a kill came must be the same file at the end: its inode tells whether it was trained again.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { exitCodes } from '../src/core/errors.js';
import { hashFile, hashText } from '../src/core/fingerprint.js';
import { pieceIsFinished } from '../src/core/pieces.js';
import { Rng } from '../src/core/rng.js';
import { readStageRecord } from '../src/core/stage-run.js';
import { packageRoot } from '../src/core/version.js';
import { stageNames } from '../src/stages.js';

export interface FaultOptions {
  readonly kills: number;
  readonly seed: number;
  /** Recipe, `--set` and whatever else `asr run` takes. */
  readonly args: readonly string[];
  readonly tell: (line: string) => void;
  /** No run but the first is begun after so many seconds. */
  readonly seconds?: number;
}

export interface FaultReport {
  readonly kills: number;
  /** By the stage that was going on, as far as the folders show it. */
  readonly killsByStage: Readonly<Record<string, number>>;
  readonly runs: number;
  readonly filesCompared: number;
  /** `run: path` of every file that differs, is missing or is too many. */
  readonly differing: readonly string[];
  readonly finishedSeedsAtKills: number;
  readonly lostSeeds: readonly string[];
  readonly undisturbedSeconds: number;
  readonly seconds: number;
}

/** The most kills in a stage of one run; in a stage that takes longer than the average, more are as likely. */
const killsPerStage = { short: 2, long: 4 };

/** Files that record times, processes or settings of the executor. */
const notCompared = /(^|\/)(stage\.json|config\.yaml)$|^lock\/|^logs\/|^report\/|^learn\/tensorboard\//;

/** Files that record times beside what is compared. */
const timed = /^selftrain\/(passes\.jsonl|passes\/[^/]+\/pass\.json)$/;
const withoutTimes = (text: string): string => text.replace(/"seconds":[\d.e-]+/g, '"seconds":0');

export async function testFaults(options: FaultOptions): Promise<FaultReport> {
  const root = await mkdtemp(join(tmpdir(), 'asr-faults-'));
  const started = performance.now();
  try {
    const reference = join(root, 'reference');
    await runToTheEnd(options.args, reference);
    const undisturbedSeconds = (performance.now() - started) / 1000;
    options.tell(`undisturbed: ${undisturbedSeconds.toFixed(1)} s`);
    const expected = await digests(reference);
    const clock = await stageTimes(reference);
    const rng = Rng.fromSeed(options.seed).fork('kills');
    const killsByStage: Record<string, number> = {};
    const differing: string[] = [];
    const lostSeeds: string[] = [];
    let [kills, runs, finishedSeedsAtKills] = [0, 0, 0];
    const elapsed = (): number => (performance.now() - started) / 1000;
    while (kills < options.kills && (runs === 0 || elapsed() < (options.seconds ?? Infinity))) {
      const run = join(root, `run-${++runs}`);
      const seeds = new Map<string, number>();
      for (const moment of drawMoments(clock, rng)) {
        if (kills === options.kills) break;
        // A stage that is done takes no kill any more: the one before came late, or it goes on beside another.
        if (existsSync(join(run, moment.stage, 'stage.json'))) continue;
        if (!(await runUntil(options.args, run, moment))) break;
        kills++;
        const stage = await unfinishedStage(run);
        killsByStage[stage] = (killsByStage[stage] ?? 0) + 1;
        await checkSeeds(run, seeds, lostSeeds);
        finishedSeedsAtKills += seeds.size;
        options.tell(
          `kill ${kills}: ${(moment.delay / 1000).toFixed(2)} s after the start of ${moment.stage}, ` +
            `found ${stage} unfinished, ${seeds.size} finished trainings`,
        );
      }
      await runToTheEnd(options.args, run);
      await checkSeeds(run, seeds, lostSeeds);
      const found = await digests(run);
      for (const path of new Set([...Object.keys(expected), ...Object.keys(found)])) {
        if (expected[path] !== found[path]) differing.push(`run ${runs}: ${path}`);
      }
      for (const entry of await readdir(run))
        if (/\.(partial|old)$/.test(entry)) differing.push(`run ${runs}: ${entry} was left behind`);
      options.tell(`run ${runs} finished after ${kills} kills in all, ${differing.length} differing files`);
      await rm(run, { recursive: true });
    }
    return {
      kills,
      killsByStage,
      runs,
      filesCompared: Object.keys(expected).length,
      differing,
      finishedSeedsAtKills,
      lostSeeds,
      undisturbedSeconds,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface StageTime {
  readonly stage: string;
  readonly seconds: number;
}

/** How long each stage of the undisturbed run took, in order. */
async function stageTimes(run: string): Promise<StageTime[]> {
  const times: StageTime[] = [];
  for (const stage of ['corpus', ...stageNames]) {
    const record = await readStageRecord(join(run, stage));
    if (record) times.push({ stage, seconds: record.seconds });
  }
  return times;
}

interface Moment {
  readonly stage: string;
  /** Milliseconds after its start. */
  readonly delay: number;
}

/**
 * Moments of one run in the order of its stages: short stages are met as well as long ones. A moment is told from the
 * start of its stage, since the machine's speed varies.
 */
function drawMoments(clock: readonly StageTime[], rng: Rng): Moment[] {
  const mean = clock.reduce((sum, { seconds }) => sum + seconds, 0) / clock.length;
  return clock.flatMap(({ stage, seconds }) => {
    const most = seconds > mean ? killsPerStage.long : killsPerStage.short;
    return Array.from({ length: rng.integer(most + 1) }, () => ({ stage, delay: rng.uniform() * seconds * 1000 }));
  });
}

async function runToTheEnd(args: readonly string[], run: string): Promise<void> {
  if (await runUntil(args, run, undefined)) throw new Error('the undisturbed run was killed');
}

/** @returns whether it was killed before it finished */
function runUntil(args: readonly string[], run: string, moment: Moment | undefined): Promise<boolean> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [join(packageRoot, 'bin', 'asr.js'), 'run', ...args, '--run', run], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    let timer: NodeJS.Timeout | undefined;
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (moment && !timer && log.includes(` ${moment.stage}: starts: `))
        timer = setTimeout(() => {
          child.kill('SIGKILL');
        }, moment.delay);
    });
    child.on('error', fail);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (signal === 'SIGKILL') done(true);
      else if (code === 0 || code === exitCodes.unconverged)
        done(false); // trainings of a second learn nothing
      else fail(new Error(`asr run ended with ${signal ?? `code ${code}`}:\n${log.slice(-4000)}`));
    });
  });
}

async function unfinishedStage(run: string): Promise<string> {
  const names = existsSync(run) ? await readdir(run) : [];
  return (
    names
      .filter((name) => name.endsWith('.partial'))
      .map((name) => name.slice(0, -8))
      .sort()
      .join('+') || 'between stages'
  );
}

/** Trainings that were finished before must be the files they were. */
async function checkSeeds(run: string, seeds: Map<string, number>, lost: string[]): Promise<void> {
  for (const learn of ['learn.partial', 'learn']) {
    const folder = join(run, learn, 'runs');
    if (!existsSync(folder)) continue;
    for (const name of await readdir(folder)) {
      const info = await stat(join(folder, name, 'run.json')).catch(() => undefined);
      if (!info || name.endsWith('.unfinished')) continue;
      // One training of matching leaves several runs; it is finished when the last of them is written.
      const training = /^(matching-\d+)-\d+$/.exec(name)?.[1];
      if (learn === 'learn.partial' && training !== undefined && !pieceIsFinished(join(run, learn), training)) continue;
      const before = seeds.get(name);
      if (before !== undefined && before !== info.ino) lost.push(`${relative(run, folder)}/${name}`);
      seeds.set(name, info.ino);
    }
  }
}

async function digests(run: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(run, { withFileTypes: true, recursive: true })) {
    const path = relative(run, join(entry.parentPath, entry.name));
    if (!entry.isFile() || notCompared.test(path)) continue;
    found[path] = timed.test(path)
      ? hashText(withoutTimes(await readFile(join(run, path), 'utf8')))
      : await hashFile(join(run, path));
  }
  return found;
}
