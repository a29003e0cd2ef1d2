// TensorBoard showed nothing where a metric was 0, since a plain proto3 field leaves
// zeros out, and every point at 1970.
import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scalarsRecord } from '../../src/learn/event-file.js';
import { eventFile, writeEventFiles } from '../../src/learn/tensorboard.js';
import { temporaryFolder } from '../temporary-folder.js';

it('a zero is written as the four bytes of the field, like any other number', () => {
  const bytes = scalarsRecord(3, { accuracy: 0 }, 5);
  // Value { tag (field 1) = "accuracy", simple_value (field 2, 32 bits) = 0 }
  const value = Buffer.concat([Buffer.from([0x0a, 8]), Buffer.from('accuracy'), Buffer.from([0x15, 0, 0, 0, 0])]);
  expect(bytes.includes(value)).toBe(true);
});

it('every point has a time within the training, growing', async () => {
  const out = await temporaryFolder();
  const metrics = join(out, 'runs', 'hmm-1', 'metrics.jsonl');
  await mkdir(join(metrics, '..'), { recursive: true });
  await writeFile(metrics, [0, 1, 2, 3].map((pass) => `{"pass":${pass},"loss":0}\n`).join(''));
  const ended = Date.now() / 1000 + 3000;
  await utimes(metrics, ended, ended);
  const { birthtimeMs } = await stat(metrics);
  await writeEventFiles(out, ['hmm-1']);
  const bytes = await readFile(join(out, 'tensorboard', 'hmm-1', eventFile));
  const times: number[] = [];
  // An event begins with wall_time: field 1 of 64 bits.
  for (let at = 0; at < bytes.length; at += 16 + Number(bytes.readBigUInt64LE(at))) {
    expect(bytes[at + 12]).toBe(9);
    times.push(bytes.readDoubleLE(at + 13));
  }
  expect(times).toHaveLength(5);
  expect([...times].sort((a, b) => a - b)).toEqual(times);
  expect(times[0]).toBeGreaterThan(1.6e9);
  if (birthtimeMs > 0) expect(times[1]).toBeLessThan(ended - 1000);
  expect(times.at(-1)).toBeCloseTo(ended, 1);
});
