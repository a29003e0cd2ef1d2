// What was opened is freed where what comes after it fails, and kept where nothing does.
import { expect, it } from 'vitest';
import { buildOn, openTogether } from '../../src/core/disposal.js';
import { compile, tf, type Compiled } from '../../src/engine/index.js';

const doubled = (): Promise<Compiled<'x', 'y'>> =>
  compile(({ x }) => ({ y: tf.mul(x, 2) }), { x: { shape: [1] } }, { name: 'doubled', threads: 1 });
const runs = (graph: Compiled<'x', 'y'>): Promise<Record<'y', Float32Array>> => graph.run({ x: Float32Array.of(3) });

it('frees a session where what is built on it fails', async () => {
  const graph = await doubled();
  await expect(buildOn(graph, () => Promise.reject(new Error('another kind of model')))).rejects.toThrow(
    /another kind/,
  );
  await expect(runs(graph)).rejects.toThrow('graph doubled was disposed');
});

it('keeps it otherwise', async () => {
  const graph = await doubled();
  const built = await buildOn(graph, (session) => ({ of: () => runs(session), dispose: () => session.dispose() }));
  expect([...(await built.of()).y]).toEqual([6]);
  await built.dispose();
});

it('frees what others had opened where one fails', async () => {
  const graph = doubled();
  await expect(openTogether([graph, Promise.reject(new Error('no such part'))])).rejects.toThrow('no such part');
  await expect(runs(await graph)).rejects.toThrow('was disposed');
});
