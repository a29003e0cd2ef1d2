// Every engine that this machine has computes what the CPU computes, kernel by kernel. Engines that are absent are
// skipped with what would install them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawsOf } from './drawn.js';
import { compile, findEngines, kernels, resolveEngine, tf, type EngineReport, type FixedEngine } from '../src/index.js';
import { elementwise } from './kernels/elementwise.cases.js';
import { structure } from './kernels/structure.cases.js';
import { size, type KernelCase } from './kernels/plain.js';
import { closeTo } from './close-to.js';

let reports: EngineReport[] = [];
beforeAll(async () => {
  reports = await findEngines();
}, 60_000);
afterAll(() => {
  for (const { engine, found, detail, install } of reports)
    if (!found) process.stderr.write(`engine ${engine} was not tested: ${detail}. To install: ${install ?? ''}\n`);
});

const others: readonly FixedEngine[] = ['webgpu', 'cuda', 'tfjs'];
const cases: Record<string, KernelCase[]> = { ...elementwise, ...structure };

describe('engines', () => {
  it('the CPU is always there, and auto chooses one that is', async () => {
    expect(reports.find(({ engine }) => engine === 'cpu')).toMatchObject({ found: true });
    const chosen = await resolveEngine('auto');
    expect(reports.find(({ engine }) => engine === chosen)?.found).toBe(true);
    for (const { found, detail, install } of reports)
      expect([found, detail.length > 0, install === undefined]).toEqual([found, true, found]);
  });
});

/** Inputs of a kernel's case, drawn as in its own test. */
function drawn(entry: KernelCase, name: string): Record<string, Float32Array> {
  const rng = drawsOf(name);
  return Object.fromEntries(
    entry.inputs.map(({ shape, values, low = -1, high = 1 }, i) => [
      `x${i}`,
      Float32Array.from(values ?? Array.from({ length: size(shape) }, () => low + (high - low) * rng.uniform())),
    ]),
  );
}

describe.each(others)('engine %s', (engine) => {
  it('computes every kernel as the CPU does', async ({ skip }) => {
    const report = reports.find((other) => other.engine === engine);
    if (!report?.found) return skip(report?.detail);
    for (const [name, entry] of Object.keys(kernels).flatMap((key) =>
      (cases[key] as KernelCase[]).map((each): [string, KernelCase] => [key, each]),
    )) {
      const specs = Object.fromEntries(entry.inputs.map(({ shape }, i) => [`x${i}`, { shape }]));
      const values: Float32Array[] = [];
      for (const each of ['cpu', engine] as const) {
        const compiled = await compile(
          (inputs: Record<string, tf.Tensor>) => ({
            y: entry.fn(...Object.keys(specs).map((key) => inputs[key] as tf.Tensor)),
          }),
          specs,
          { name, threads: 1, engine: each },
        );
        values.push((await compiled.run(drawn(entry, name))).y);
        await compiled.dispose();
      }
      closeTo(values[1]!, values[0]!, 2e-5, name);
    }
  });
});
