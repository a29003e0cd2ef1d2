// A worker process of a run: takes one order after the other by IPC, tells its log and its end. It dies with the run.
import { toFailure } from '../core/failure.js';
import { silentLog } from '../core/log.js';
import { makePiece } from '../core/pieces.js';
import type { StageDefinition } from '../core/stage.js';
import { runStage } from '../core/stage-run.js';
import { loadInherited, stageNamed } from '../plugins/load.js';
import { remoteLog, type Answer, type Order } from './messages.js';

const tell = (answer: Answer): void => {
  if (process.connected) process.send?.(answer);
};
const log =
  process.argv[2] === 'bars' ? remoteLog(tell, true) : process.argv[2] === 'lines' ? remoteLog(tell, false) : silentLog;
const abort = new AbortController();

async function follow(order: Exclude<Order, { kind: 'abort' }>): Promise<void> {
  await loadInherited();
  const entry = stageNamed(order.work.stage);
  if (!entry) throw new Error(`no stage ${order.work.stage}`);
  const stage: StageDefinition = await entry.load();
  if (order.kind === 'piece')
    await makePiece(stage, order.work, order.name, log.child(stage.name).child(order.name), abort.signal);
  else
    await runStage(stage, {
      ...order.work,
      config: order.work.config as never,
      log,
      force: order.force,
      shardItems: order.shardItems,
      signal: abort.signal,
    });
}

// A busy worker notices the end of its run late, and until then writes into folders that may belong to the next one;
// the lock therefore names it, too, and the next run ends it.
process.on('disconnect', () => {
  process.kill(process.pid, 'SIGKILL');
});
process.on('message', (order: Order) => {
  if (order.kind === 'abort') abort.abort();
  else
    void follow(order).then(
      () => {
        tell({ kind: 'done' });
      },
      (thrown: unknown) => {
        tell({ kind: 'failed', failure: toFailure(thrown) });
      },
    );
});
tell({ kind: 'ready' });
