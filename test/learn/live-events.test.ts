import { appendFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventFileHead, scalarsRecord } from '../../src/learn/event-file.js';
import { followMetrics } from '../../src/learn/live-events.js';
import { temporaryFolder } from '../temporary-folder.js';

const expected = (...losses: [number, number][]): Buffer =>
  Buffer.concat([eventFileHead(now), ...losses.map(([step, loss]) => scalarsRecord(step, { loss }, now))]);
const line = (step: number, loss: number): string => `${JSON.stringify({ step, loss })}\n`;

const now = 1_700_000_000;

describe('event files of a training that goes on', () => {
  it('grow with its metrics, line by line, and go when it ends', async () => {
    const out = await temporaryFolder();
    const metrics = join(out, 'checkpoints', 'gan-1', 'metrics.jsonl');
    const live = join(out, 'tensorboard', 'gan-1', 'events.out.tfevents.0000000000.asr.live');
    await mkdir(join(metrics, '..'), { recursive: true });
    const events = followMetrics(out, () => now);
    await events.update();
    expect(existsSync(live)).toBe(false);
    await writeFile(metrics, line(1, 4) + line(2, 3) + '{"step":3,'); // the third is still being written
    await events.update();
    expect(await readFile(live)).toEqual(expected([1, 4], [2, 3]));
    await appendFile(metrics, `"loss":2}\n`);
    await events.update();
    expect(await readFile(live)).toEqual(expected([1, 4], [2, 3], [3, 2]));
    // A killed training goes back to its checkpoint.
    await truncate(metrics, line(1, 4).length);
    await appendFile(metrics, line(2, 5));
    await events.update();
    expect(await readFile(live)).toEqual(expected([1, 4], [2, 5]));
    await events.stop();
    expect(existsSync(live)).toBe(false);
  });

  it('are made of runs that have ended too, and start over in a new process', async () => {
    const out = await temporaryFolder();
    for (const run of ['hmm-1', 'half.partial']) {
      await mkdir(join(out, 'runs', run), { recursive: true });
      await writeFile(join(out, 'runs', run, 'metrics.jsonl'), line(1, 2));
    }
    const live = join(out, 'tensorboard', 'hmm-1', 'events.out.tfevents.0000000000.asr.live');
    for (let process_ = 0; process_ < 2; process_++) {
      const events = followMetrics(out, () => now);
      await events.update();
      await events.update();
      expect(await readFile(live)).toEqual(expected([1, 2]));
      if (process_ === 1) await events.stop();
    }
    expect(existsSync(join(out, 'tensorboard', 'half.partial'))).toBe(false);
    expect(existsSync(live)).toBe(false);
  });
});
