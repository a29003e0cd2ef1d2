// Pieces of a stage: made once, kept through failures, put together in order, and the moments at which a kill leaves
// a stage between its unfinished and its finished folder.
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { silentLog } from '../../src/core/log.js';
import { ranges, repeatSkipped, type Executor } from '../../src/core/pieces.js';
import { computeSchema, defineStage } from '../../src/core/stage.js';
import { runStage } from '../../src/core/stage-run.js';
import { temporaryFolder } from '../temporary-folder.js';

let made: number[] = [];
let failAt = -1;
const squares = defineStage({
  name: 'squares',
  version: 1,
  reads: [],
  config: z.object({ n: z.number() }),
  async run({ config, pieces, out, skip }) {
    const folders = await pieces(Array.from({ length: config.n }, (_, i) => ({ name: `p${i}`, input: { i } })));
    const parts: string[] = [];
    for (const folder of folders) {
      await repeatSkipped(folder, skip);
      parts.push(await readFile(join(folder, 'part'), 'utf8'));
    }
    await writeFile(join(out, 'all'), parts.join(' '));
    return { parts: parts.length };
  },
  async piece({ out, skip, rng }, input) {
    const { i } = input as { i: number };
    await writeFile(join(out, 'part'), 'half');
    if (i === failAt) throw new Error('no');
    made.push(i);
    if (i === 1) await skip('one', 'odd', { split: 'test' });
    await writeFile(join(out, 'part'), `${i * i} ${rng.fork(i).uniform()}`);
  },
});

async function options(n: number): Promise<Parameters<typeof runStage<typeof squares.config>>[1]> {
  made = [];
  failAt = -1;
  const folder = await temporaryFolder();
  return {
    inputs: {},
    out: join(folder, 'squares'),
    config: { n },
    data: folder,
    seed: 1,
    log: silentLog,
    compute: computeSchema.parse({}),
  };
}

describe('pieces', () => {
  it('are put together in order, with what each left out, and are gone afterwards', async () => {
    const o = await options(3);
    expect((await runStage(squares, o)).record).toMatchObject({ counts: { parts: 3 }, skipped: 1 });
    expect(made).toEqual([0, 1, 2]);
    expect((await readFile(join(o.out, 'all'), 'utf8')).split(' ').filter((_, i) => i % 2 === 0)).toEqual([
      '0',
      '1',
      '4',
    ]);
    expect(JSON.parse(await readFile(join(o.out, 'skipped.jsonl'), 'utf8'))).toEqual({
      id: 'one',
      reason: 'odd',
      split: 'test',
    });
    expect((await readdir(o.out)).sort()).toEqual(['all', 'skipped.jsonl', 'stage.json']);
  });

  it('that were finished before a failure are not made again', async () => {
    const o = await options(4);
    failAt = 2;
    await expect(runStage(squares, o)).rejects.toThrow('no');
    expect(existsSync(o.out)).toBe(false);
    failAt = -1;
    expect((await runStage(squares, o)).record.skipped).toBe(1);
    expect(made).toEqual([0, 1, 2, 3]);
  });

  it('go to the executor when it makes several at once, which is told when the work changes', async () => {
    const o = await options(3);
    const asked: string[][] = [];
    const prepared: [string, boolean][] = [];
    const executor: Executor = {
      width: () => 2,
      make: async (_work, names) => {
        asked.push([...names]);
        throw new Error('the machines are gone');
      },
      prepare: async (out, continues) => {
        prepared.push([out, continues]);
      },
    };
    await expect(runStage(squares, { ...o, executor })).rejects.toThrow('the machines are gone');
    await expect(runStage(squares, { ...o, executor })).rejects.toThrow('the machines are gone');
    expect(asked).toEqual([
      ['p0', 'p1', 'p2'],
      ['p0', 'p1', 'p2'],
    ]);
    await expect(runStage(squares, { ...o, config: { n: 2 }, executor })).rejects.toThrow('the machines are gone');
    expect(prepared).toEqual([false, true, false].map((continues) => [`${o.out}.partial`, continues]));
  });

  it('are timed, one after the other where nobody makes several at once', async () => {
    const { record } = await runStage(squares, await options(3));
    expect(record.pieces?.map(({ name, place }) => [name, place])).toEqual([
      ['p0', 0],
      ['p1', 0],
      ['p2', 0],
    ]);
    let before = 0;
    for (const { start, seconds } of record.pieces ?? []) {
      expect(start).toBeGreaterThanOrEqual(before);
      before = start + seconds;
    }
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThanOrEqual(record.seconds);
  });

  it('are stretches that cover every item once', () => {
    expect(ranges(10, 4)).toEqual([
      { name: '00-03', first: 0, end: 4 },
      { name: '04-07', first: 4, end: 8 },
      { name: '08-09', first: 8, end: 10 },
    ]);
    expect(ranges(0, 4)).toEqual([]);
  });
});

describe('a kill between the unfinished and the finished folder', () => {
  it('costs nothing: the finished folder is found by its record', async () => {
    const o = await options(2);
    await runStage(squares, o);
    const folder = o.out;
    // After the record, before the rename.
    await rename(folder, `${folder}.partial`);
    await writeFile(join(`${folder}.partial`, 'partial.json'), '{}');
    await mkdir(join(`${folder}.partial`, 'pieces'));
    expect((await runStage(squares, o)).skipped).toBe(false);
    // With the old result moved aside.
    await cp(folder, `${folder}.old`, { recursive: true });
    await rename(folder, `${folder}.partial`);
    await runStage(squares, o);
    expect(made).toEqual([0, 1]);
    expect((await readdir(join(folder, '..'))).sort()).toEqual(['squares']);
    expect((await readdir(folder)).sort()).toEqual(['all', 'skipped.jsonl', 'stage.json']);
    expect((await runStage(squares, o)).skipped).toBe(true);
  });

  it('does not pass off a folder that was finished with other settings', async () => {
    const o = await options(2);
    await runStage(squares, o);
    await rename(o.out, `${o.out}.partial`);
    await runStage(squares, { ...o, config: { n: 3 } });
    expect(made).toEqual([0, 1, 0, 1, 2]);
  });
});
