// The command behind `npm run fuzz -- [--seed N] [--seconds S] [--inputs N] [--only TARGET] [--index I] [--keep DIR]`:
// damaged inputs for every reader until the time is over, and what became of them. A finding is an internal error (exit
// 1), a process that died, more than 10 s of computing (or 60 s of waiting), or more than 1 GiB of memory.
import { fork, type ChildProcess } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Rng } from '../src/core/rng.js';
import type { Task, Verdict } from './fuzz/worker.js';

const computingLimit = 10;
const waitingLimit = 60;
const memoryLimit = 2 ** 30;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(1 + Math.floor(performance.timeOrigin % 1e6)) },
    seconds: { type: 'string', default: '60' },
    inputs: { type: 'string', default: '1000000' },
    only: { type: 'string' },
    index: { type: 'string' },
    keep: { type: 'string' },
    jobs: { type: 'string', default: String(Math.min(4, cpus().length)) },
  },
});
const { seed } = values;
const root = await mkdtemp(join(tmpdir(), 'asr-fuzz-'));
const ends = performance.now() + 1000 * Number(values.seconds);
const most = values.index === undefined ? Number(values.inputs) : 1;
process.stderr.write(`fuzz: --seed ${seed}\n`);

interface Count {
  read: number;
  refused: number;
  findings: number;
}
const counts: Record<string, Count> = {};
const findings: { target: string; index: number; what: string }[] = [];
let next = 0;

const draws = Rng.fromSeed(seed).fork('targets');
function draw(shares: readonly { name: string; share: number }[]): Task {
  if (values.only !== undefined) return { target: values.only, index: Number(values.index ?? next++) };
  let at = draws.uniform() * shares.reduce((sum, { share }) => sum + share, 0);
  const target = shares.find(({ share }) => (at -= share) < 0) ?? shares[0]!;
  return { target: target.name, index: next++ };
}

/** Seconds of computing of a process so far. */
async function computed(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}

/** One place: a process after the other, each until it has a finding or has grown. */
async function place(number: number): Promise<void> {
  const scratch = join(root, String(number));
  while (next < most && performance.now() < ends) {
    const child = fork(new URL('./fuzz/worker.js', import.meta.url), [scratch, seed], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let lastWords = '';
    child.stderr?.on('data', (chunk: Buffer) => (lastWords = (lastWords + chunk.toString()).slice(-500)));
    try {
      const ready = await verdictOf(child, () => lastWords);
      if (typeof ready === 'string' || ready.kind !== 'ready')
        throw new Error(`a process of the fuzz did not start: ${JSON.stringify(ready)}`);
      let base: number | undefined;
      while (next < most && performance.now() < ends) {
        const task = draw(ready.shares);
        child.send(task);
        const begun = await verdictOf(child, () => lastWords);
        const outcome = typeof begun === 'string' ? begun : await verdictOf(child, () => lastWords);
        const what = findingOf(outcome, base);
        if (typeof outcome !== 'string' && outcome.kind === 'ends') base = outcome.peak;
        const count = (counts[task.target] ??= { read: 0, refused: 0, findings: 0 });
        if (what === undefined) {
          if (typeof outcome !== 'string' && outcome.kind === 'ends' && outcome.code === undefined) count.read++;
          else count.refused++;
          if (base !== undefined && base > memoryLimit / 2) break; // what it has grown by is nobody's fault alone
          continue;
        }
        const goesOn = typeof outcome !== 'string' && outcome.kind === 'ends' && outcome.peak < memoryLimit / 2;
        count.findings++;
        findings.push({ ...task, what });
        process.stderr.write(`fuzz: ${task.target} ${task.index}: ${what}\n`);
        if (values.keep !== undefined)
          await cp(join(scratch, 'input'), join(values.keep, `${task.target.replace(/\W+/g, '-')}-${task.index}`), {
            recursive: true,
          });
        if (!goesOn) break;
      }
    } finally {
      child.kill('SIGKILL');
    }
  }
}

function findingOf(outcome: Verdict | string, base: number | undefined): string | undefined {
  if (typeof outcome === 'string') return outcome;
  if (outcome.kind !== 'ends') return `answered ${outcome.kind} out of turn`;
  if (outcome.code === 'internal') return `internal error: ${outcome.stack ?? outcome.message}`;
  if (outcome.peak > memoryLimit)
    return `memory: ${Math.round(outcome.peak / 2 ** 20)} MiB, ${Math.round((base ?? 0) / 2 ** 20)} before`;
  return undefined;
}

/** The next message of a process, or what became of it. */
function verdictOf(child: ChildProcess, lastWords: () => string): Promise<Verdict | string> {
  return new Promise((done) => {
    const started = performance.now();
    let computedAtStart: number | undefined;
    const timer = setInterval(() => {
      void computed(child.pid!).then((now) => {
        computedAtStart ??= now;
        const waited = (performance.now() - started) / 1000;
        if (now - computedAtStart < computingLimit && waited < waitingLimit) return;
        settle(`hang: ${(now - computedAtStart).toFixed(1)} s of computing in ${waited.toFixed(1)} s`);
      });
    }, 500);
    const exit = (code: number | null, signal: string | null): void => {
      settle(`died: ${signal ?? `code ${code}`}: ${lastWords().trim()}`);
    };
    const settle = (result: Verdict | string): void => {
      clearInterval(timer);
      child.off('message', settle as (message: unknown) => void);
      child.off('exit', exit);
      done(result);
    };
    child.once('message', settle as (message: unknown) => void);
    child.once('exit', exit);
  });
}

try {
  await Promise.all(Array.from({ length: values.index === undefined ? Number(values.jobs) : 1 }, (_, i) => place(i)));
} finally {
  await rm(root, { recursive: true, force: true });
}
const inputs = Object.values(counts).reduce((sum, { read, refused, findings: bad }) => sum + read + refused + bad, 0);
process.stdout.write(`${JSON.stringify({ seed: Number(seed), inputs, counts, findings }, null, 1)}\n`);
process.exitCode = findings.length > 0 ? 1 : 0;
