// While tfjs's WebAssembly backend was starting, a graph that was traced beside it found no backend at all ("Backend
// 'asr-trace' has not yet been initialized"). The backend is now started before tfjs knows of it.
import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { trace } from '../../packages/engine/src/backend.js';
import { compile, tf } from '../../src/engine/index.js';

// Looked for, not loaded: the first use starts the backend, and that is when it went wrong.
function installed(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}

it.skipIf(!installed('@tensorflow/tfjs-backend-wasm'))(
  'graphs are traced while the tfjs lane starts (npm install @tensorflow/tfjs-backend-wasm)',
  async () => {
    const times = async (factor: number): Promise<number[]> => {
      const graph = await compile(
        ({ x }) => ({ y: tf.mul(x, tf.tensor([factor, factor])) }),
        { x: { shape: [2] } },
        { name: `times ${factor}`, engine: 'tfjs', threads: 1 },
      );
      const { y } = await graph.run({ x: Float32Array.of(1, 2) });
      await graph.dispose();
      return [...y];
    };
    let started = false;
    const first = times(1).finally(() => {
      started = true;
    });
    while (!started) {
      trace(() => tf.tensor([1, 2]));
      await setImmediate();
    }
    expect(await first).toEqual([1, 2]);
    expect(await Promise.all([3, 4].map((factor) => times(factor)))).toEqual([
      [3, 6],
      [4, 8],
    ]);
  },
);
