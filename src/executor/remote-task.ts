// One task on another machine: `remote-task.js <task list> <index> <attempt> [tied]` makes one piece. It ends when
// another attempt at the same piece has begun, as after a machine that was taken for dead, and, tied, when its input
// ends: then whoever started it is gone.
import { existsSync, readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { writeFileDurably } from '../core/durable.js';
import { toFailure } from '../core/failure.js';
import { createLog } from '../core/log.js';
import { makePiece, pieceIsFinished } from '../core/pieces.js';
import type { StageDefinition } from '../core/stage.js';
import { loadInherited, stageNamed } from '../plugins/load.js';
import { becomesVisible, failureFile, madeFile, ownerFile, taskListSchema, toldExit, type Made } from './task-files.js';

const ownerCheckMs = 5_000;
/** To save what it has. */
const graceMs = 10_000;

async function runTask(listPath: string, index: number, me: string, tied: boolean): Promise<void> {
  const abort = new AbortController();
  // The cluster asks first (cancelled, out of time) and kills half a minute later.
  process.once('SIGTERM', () => {
    abort.abort();
  });
  if (tied)
    process.stdin.resume().once('end', () => {
      abort.abort();
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs).unref();
    });
  await becomesVisible(() => existsSync(listPath), abort.signal);
  const { work, tasks } = taskListSchema.parse(JSON.parse(await readFile(listPath, 'utf8')));
  const name = tasks[index];
  await loadInherited();
  const entry = stageNamed(work.stage);
  if (name === undefined || !entry) throw new Error(`${listPath}: no task ${index} of stage ${work.stage}`);
  if (pieceIsFinished(work.out, name)) return;
  const log = createLog().child(work.stage).child(name);
  await writeFileDurably(ownerFile(work.out, name), me);
  const watch = setInterval(() => {
    let owner = '';
    try {
      owner = readFileSync(ownerFile(work.out, name), 'utf8');
    } catch {
      /* the stage is finished or begun anew */
    }
    if (owner !== me) process.kill(process.pid, 'SIGKILL');
  }, ownerCheckMs);
  watch.unref();
  await rm(failureFile(work.out, name), { force: true });
  const start = Date.now();
  try {
    log.info('starts');
    const stage: StageDefinition = await entry.load();
    await makePiece(stage, work, name, log, abort.signal);
    const { user, system } = process.cpuUsage();
    const made: Made = {
      ...{ host: process.env['SLURMD_NODENAME'] ?? hostname(), start },
      ...{ seconds: (Date.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 },
    };
    await writeFileDurably(madeFile(work.out, name), JSON.stringify(made)).catch(() => undefined); // the stage went on
    log.info('done');
  } catch (thrown) {
    const failure = toFailure(thrown);
    log.error(failure.message);
    await writeFileDurably(failureFile(work.out, name), JSON.stringify(failure)).catch(() => undefined);
    process.exitCode = toldExit;
  } finally {
    clearInterval(watch);
  }
}

const [list = '', index, attempt = 'none', tied] = process.argv.slice(2);
await runTask(list, Number(index), attempt, tied === 'tied').finally(() => process.stdin.destroy());
