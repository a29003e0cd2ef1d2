// Our event files against the `tensorboard` package of PyPI (`ASR_BENCH_PYTHON` names a Python that has it): every
// scalar of a made-up training, zeros too, with its step and a time within the training. Ends with 1 where one differs.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeEventFiles } from '../src/learn/tensorboard.js';
import { Peer } from './peer.js';

const steps = 200;
const loss = (step: number): number => (step % 3 === 0 ? 0 : Math.fround(1 / step));

const out = await mkdtemp(join(tmpdir(), 'asr-tensorboard-'));
const peer = new Peer('events.py');
try {
  const begun = Date.now() / 1000;
  await mkdir(join(out, 'runs', 'gan-1'), { recursive: true });
  const lines = Array.from({ length: steps }, (_, step) => JSON.stringify({ update: step, loss: loss(step), zero: 0 }));
  await writeFile(join(out, 'runs', 'gan-1', 'metrics.jsonl'), `${lines.join('\n')}\n`);
  await writeEventFiles(out, ['gan-1']);
  const { scalars } = await peer.ask<{
    scalars: Record<string, [number, number, number][]>;
  }>({ folder: join(out, 'tensorboard', 'gan-1') });
  const right = ([step, value, time]: [number, number, number], wanted: number, at: number): boolean =>
    step === at && value === wanted && time > begun - 5 && time < begun + 600;
  const differing =
    Array.from({ length: steps }, (_, step) => step).filter(
      (step) => !right(scalars['loss']?.[step] ?? [-1, -1, 0], loss(step), step),
    ).length +
    Array.from({ length: steps }, (_, step) => step).filter(
      (step) => !right(scalars['zero']?.[step] ?? [-1, -1, 0], 0, step),
    ).length;
  process.stdout.write(`${JSON.stringify({ scalars: 2 * steps, differing })}\n`);
  process.exitCode = differing === 0 ? 0 : 1;
} finally {
  peer.close();
  await rm(out, { recursive: true, force: true });
}
