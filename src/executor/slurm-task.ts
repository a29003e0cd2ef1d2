// One task of a job array, on a node of the cluster: `slurm-task.js <task list> <index>` makes one piece. It ends when
// another attempt at the same piece has begun, as after a node that was taken for dead.
import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { writeFileDurably } from '../core/durable.js';
import { toFailure } from '../core/failure.js';
import { createLog } from '../core/log.js';
import { makePiece, pieceIsFinished } from '../core/pieces.js';
import type { StageDefinition } from '../core/stage.js';
import { loadInherited, stageNamed } from '../plugins/load.js';
import { failureFile, ownerFile, taskListSchema } from './slurm-state.js';

const ownerCheckMs = 5_000;

async function runTask(listPath: string, index: number): Promise<void> {
  const { work, tasks } = taskListSchema.parse(JSON.parse(await readFile(listPath, 'utf8')));
  const name = tasks[index];
  await loadInherited();
  const entry = stageNamed(work.stage);
  if (name === undefined || !entry) throw new Error(`${listPath}: no task ${index} of stage ${work.stage}`);
  if (pieceIsFinished(work.out, name)) return;
  const log = createLog().child(work.stage).child(name);
  const abort = new AbortController();
  // The cluster asks first (cancelled, out of time) and kills half a minute later.
  process.once('SIGTERM', () => {
    abort.abort();
  });
  const me = `${process.env['SLURM_ARRAY_JOB_ID'] ?? 'none'}_${index}`;
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
  try {
    log.info('starts');
    const stage: StageDefinition = await entry.load();
    await makePiece(stage, work, name, log, abort.signal);
    log.info('done');
  } catch (thrown) {
    const failure = toFailure(thrown);
    log.error(failure.message);
    await writeFileDurably(failureFile(work.out, name), JSON.stringify(failure)).catch(() => undefined);
    process.exitCode = 1;
  } finally {
    clearInterval(watch);
  }
}

await runTask(process.argv[2] ?? '', Number(process.argv[3]));
