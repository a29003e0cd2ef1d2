// A run in time: events of stages and pieces at the places where they were made, and how long places waited.
import { describe, expect, it } from 'vitest';
import { runInTime, wholeRun, type StageInTime } from '../../src/report/trace.js';
import { temporaryFolder } from '../temporary-folder.js';

const record = (stage: string, finished: string, seconds: number, more: object = {}): string =>
  JSON.stringify({
    ...{ stage, key: 'k', version: 1, program: 'p', seed: 1, config: {}, inputs: {}, counts: { utterances: 7 } },
    ...{ skipped: 0, seconds, peakMiB: 100, compute: {}, finished, ...more },
  });

describe('a run in time', () => {
  it('has its stages in order, and pieces at their places', async () => {
    const run = await temporaryFolder({
      'learn/stage.json': record('learn', '2026-01-01T00:00:30.000Z', 20, {
        energy: { cpuSeconds: 30, joules: 300, source: 'estimate' },
        pieces: [
          { name: 'a', place: 0, start: 2, seconds: 10 },
          { name: 'b', place: 1, start: 2, seconds: 4 },
          { name: 'c', place: 1, start: 7, seconds: 5 },
        ],
      }),
      'audio/stage.json': record('audio', '2026-01-01T00:00:10.000Z', 8),
      'config.yaml': 'name: x\n',
    });
    const { stages, events } = await runInTime(run);
    expect(stages).toEqual([
      { stage: 'audio', start: 0, seconds: 8, cpuSeconds: null, pieces: 0, pieceSeconds: 0, hosts: [], waiting: null },
      // two places for 10 seconds, 19 of the 20 seconds in use
      {
        stage: 'learn',
        start: 8,
        seconds: 20,
        cpuSeconds: 30,
        pieces: 3,
        pieceSeconds: 19,
        hosts: [],
        waiting: expect.closeTo(0.05, 9) as number,
      },
    ]);
    expect(events.filter(({ ph }) => ph === 'M').map(({ tid, args }) => [tid, args['name']])).toEqual([
      [0, run],
      [0, 'stages'],
      [1, 'pieces, place 1'],
      [2, 'pieces, place 2'],
    ]);
    expect(events.filter(({ ph }) => ph === 'X').map(({ name, tid, ts, dur }) => [name, tid, ts, dur])).toEqual([
      ['audio', 0, 0, 8e6],
      ['learn', 0, 8e6, 20e6],
      ['learn a', 1, 10e6, 10e6],
      ['learn b', 2, 10e6, 4e6],
      ['learn c', 2, 15e6, 5e6],
    ]);
  });

  it('counts the CPU time of stages that ran beside each other once', () => {
    const stage = (start: number, seconds: number, cpuSeconds: number | null): StageInTime => ({
      ...{ stage: 's', start, seconds, cpuSeconds, pieces: 0, pieceSeconds: 1, hosts: [], waiting: null },
    });
    // The second lies in the first, half of the third does.
    const three = [stage(0, 10, 20), stage(2, 4, 3), stage(8, 4, 6)];
    expect(wholeRun(three)).toEqual({ seconds: 12, cpuSeconds: 23, pieceSeconds: 3 });
    expect(wholeRun([...three, stage(12, 1, null)])).toMatchObject({ seconds: 13, cpuSeconds: null });
  });

  it('shows pieces of other machines on lines of their own, and counts what they took there', async () => {
    const piece = { place: 0, start: 1, seconds: 4, cpuSeconds: 3 };
    const run = await temporaryFolder({
      'learn/stage.json': record('learn', '2026-01-01T00:00:30.000Z', 20, {
        energy: { cpuSeconds: 1, joules: 10, source: 'estimate' },
        pieces: [
          { name: 'a', host: 'n1', ...piece },
          { name: 'b', host: 'n2', ...piece, place: 1 },
        ],
      }),
    });
    const { stages, events } = await runInTime(run);
    expect(stages).toMatchObject([{ cpuSeconds: 7, pieceSeconds: 8, hosts: ['n1', 'n2'] }]);
    expect(events.filter(({ ph, tid }) => ph === 'M' && tid > 0).map(({ args }) => args['name'])).toEqual([
      'pieces, place 1 on n1',
      'pieces, place 2 on n2',
    ]);
  });

  it('is asked of a run alone', async () => {
    await expect(runInTime(await temporaryFolder())).rejects.toThrow(/holds no finished stage/);
    await expect(runInTime('/no/such/run')).rejects.toThrow(/holds no finished stage/);
  });
});
