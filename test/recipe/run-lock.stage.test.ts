// The lock of a run folder, against real processes: living ones, killed ones, numbers used again, many takers at once.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { identifyProcess, thisMachine } from '../../src/core/process-identity.js';
import { acquireRunLock, runHolder } from '../../src/recipe/run-lock.js';
import { temporaryFolder } from '../temporary-folder.js';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

async function sleeper(): Promise<ChildProcess & { pid: number }> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  started.push(child);
  return child as ChildProcess & { pid: number };
}

/** A folder whose lock names this process, or another machine. */
async function lockedBy(owner: { pid: number; start?: string }, changes: object = {}): Promise<string> {
  const run = await temporaryFolder();
  await mkdir(join(run, 'lock'));
  const record = {
    ...thisMachine(),
    start: identifyProcess(owner.pid)?.start ?? '',
    ...owner,
    started: '2026-01-02T03:04:05.000Z',
    command: 'run x',
    children: [],
    ...changes,
  };
  await writeFile(join(run, 'lock', '7.json'), JSON.stringify(record));
  return run;
}

describe('the lock of a run folder', () => {
  it('is given to one of many that ask at once, again and again', async () => {
    const run = await temporaryFolder();
    for (let round = 0; round < 5; round++) {
      const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => acquireRunLock(run)));
      const held = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      expect(held).toHaveLength(1);
      await held[0]!.release();
      expect(await runHolder(run)).toBeUndefined();
    }
    expect(await readdir(join(run, 'lock'))).toEqual(['5.free']);
  });

  it('is given to one of many that find it stale', async () => {
    for (let round = 0; round < 5; round++) {
      const run = await lockedBy({ pid: 999_999_999, start: '1' });
      const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => acquireRunLock(run)));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });

  it('names the process that holds it, and is free when that was killed', async () => {
    const owner = await sleeper();
    const run = await lockedBy({ pid: owner.pid });
    await expect(acquireRunLock(run)).rejects.toMatchObject({
      code: 'usage',
      message: `${run}: process ${owner.pid} runs here since 2026-01-02 03:04:05 UTC`,
    });
    expect(await runHolder(run)).toMatchObject({ pid: owner.pid, state: 'runs' });
    owner.kill('SIGKILL');
    await once(owner, 'close');
    await (await acquireRunLock(run)).release();
  });

  it('is free when its process number belongs to another process now', async () => {
    const run = await lockedBy({ pid: (await sleeper()).pid, start: '1' });
    await (await acquireRunLock(run)).release();
  });

  it('is free after a power cut, which a new boot of the machine shows', async () => {
    const run = await lockedBy({ pid: process.pid }, { boot: 'an earlier one' });
    await (await acquireRunLock(run)).release();
  });

  it('of another machine or container is respected, with a way out', async () => {
    for (const elsewhere of [{ host: 'node17' }, { namespace: 'pid:[1]' }]) {
      const run = await lockedBy({ pid: 1 }, elsewhere);
      const error = await acquireRunLock(run).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'usage' });
      expect((error as { hint: string }).hint).toContain(`rm -r ${join(run, 'lock')}`);
    }
  });

  it('that was cut short by a power cut does not hold for ever', async () => {
    const run = await temporaryFolder();
    await mkdir(join(run, 'lock'));
    await writeFile(join(run, 'lock', '1.json'), '');
    const before = Date.now();
    await (await acquireRunLock(run)).release();
    expect(Date.now() - before).toBeGreaterThan(4_000);
  });

  it('ends the workers of a killed run before the next one begins, and nobody else', async () => {
    const [worker, bystander] = [await sleeper(), await sleeper()];
    const run = await lockedBy(
      { pid: 999_999_999, start: '1' },
      { children: [identifyProcess(worker.pid), { pid: bystander.pid, start: '1' }] },
    );
    const lock = await acquireRunLock(run);
    expect(identifyProcess(worker.pid)).toBeUndefined();
    expect(identifyProcess(bystander.pid)).toBeDefined();
    await lock.addChild(bystander.pid);
    expect(JSON.parse(await readFile(join(run, 'lock', '8.json'), 'utf8')).children).toEqual([
      identifyProcess(bystander.pid),
    ]);
    await lock.release();
  });
});
