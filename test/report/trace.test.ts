// A run in time: events of stages and pieces at the places where they were made, and how long places waited.
import { describe, expect, it } from 'vitest';
import { runInTime } from '../../src/report/trace.js';
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
      { stage: 'audio', start: 0, seconds: 8, cpuSeconds: null, pieces: 0, waiting: null },
      // two places for 10 seconds, 19 of the 20 seconds in use
      { stage: 'learn', start: 8, seconds: 20, cpuSeconds: 30, pieces: 3, waiting: expect.closeTo(0.05, 9) as number },
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

  it('is asked of a run alone', async () => {
    await expect(runInTime(await temporaryFolder())).rejects.toThrow(/holds no finished stage/);
    await expect(runInTime('/no/such/run')).rejects.toThrow(/holds no finished stage/);
  });
});
