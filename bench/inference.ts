// What runs for every file: MFCC with derivatives against torchaudio, and the generator against PyTorch, in turn within
// one run, on the same number of utterances of the same length.
import { resolveConfig } from '../src/core/config.js';
import { Rng } from '../src/core/rng.js';
import type { Compute } from '../src/core/stage.js';
import { featuresConfig } from '../src/features/config.js';
import { createMfcc } from '../src/features/mfcc.js';
import { createGenerator } from '../src/gan/index.js';
import { Opponent } from './peer.js';
import { alternate, duelColumns, rounded, timed } from './timing.js';
import type { Line } from './table.js';

const [utterances, seconds, rate] = [60, 5, 16_000];
const generator = { kernel: 4, pad: 2, columns: 512, classes: 44 } as const;
const segments = 70;

export async function* benchInference(compute: Compute, wanted: boolean): AsyncGenerator<Line> {
  const rng = Rng.fromSeed('sound');
  const samples = Float32Array.from({ length: seconds * rate }, (_, i) => 0.1 * Math.sin(i / 20) + 0.05 * rng.normal());
  const peer = wanted ? new Opponent('inference.py', { utterances, seconds, rate, ...generator, segments }) : undefined;
  try {
    const line = async (
      name: string,
      ours: () => Promise<unknown>,
      command: string,
      threads: number,
      soundSeconds?: number,
    ): Promise<Line> => {
      const duel = await alternate(() => timed(ours), peer && (() => peer.time({ do: command, threads })), 5);
      return {
        name,
        ...duelColumns(duel),
        threads,
        ...(soundSeconds === undefined ? {} : { timesRealTime: rounded(soundSeconds / (duel.ours.ms / 1000)) }),
      };
    };
    for (const threads of new Set([1, compute.threads])) {
      const mfcc = await createMfcc(resolveConfig(featuresConfig, [], 'bench'), { ...compute, threads });
      yield await line(
        `MFCC and derivatives, ${utterances} x ${seconds} s; peer: torchaudio`,
        async () => {
          for (let i = 0; i < utterances; i++) await mfcc.extract(samples);
        },
        'mfcc',
        threads,
        utterances * seconds,
      );
      await mfcc.dispose();
    }
    const w = Float32Array.from(
      { length: generator.kernel * generator.columns * generator.classes },
      () => 0.02 * rng.normal(),
    );
    const pooled = Float32Array.from({ length: segments * generator.columns }, () => rng.normal());
    for (const threads of new Set([1, compute.threads])) {
      const model = await createGenerator({ w, ...generator }, { ...compute, threads });
      yield await line(
        `generator, ${utterances} x ${segments} segments of ${generator.columns}; peer: PyTorch`,
        async () => {
          for (let i = 0; i < utterances; i++) await model.emit(pooled, segments);
        },
        'generator',
        threads,
      );
      await model.dispose();
    }
  } finally {
    peer?.close();
  }
}
