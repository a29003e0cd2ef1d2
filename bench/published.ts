// Every checkpoint of a folder through its graph, beside the states that transformers computed from it (bench/peers/
// published_encoders.py makes such folders): `sound-K.npy`, NAME/states-K.npy or NAME.pt with NAME.states-K.npy.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readFloatNpy } from '../src/core/npy.js';
import type { Compute } from '../src/core/stage.js';
import type { Precision } from '../src/encoders/precision.js';
import { featuresConfig } from '../src/features/config.js';
import { createExtractor } from '../src/features/extractor.js';

/** A shorter stretch of another sound, where a folder names one that is not there. */
const stretches: Readonly<Record<string, readonly [string, number]>> = { '0.36s': ['0.37s', 5760] };

async function soundOf(folder: string, key: string): Promise<Float32Array> {
  const path = join(folder, `sound-${key}.npy`);
  if (existsSync(path)) return (await readFloatNpy(path)).data;
  const [other, samples] = stretches[key] as readonly [string, number];
  return (await soundOf(folder, other)).subarray(0, samples);
}

export interface Compared {
  readonly name: string;
  readonly family: string;
  /** Largest difference of any layer, as a share of the layer's largest value: alone, and together in one batch. */
  readonly alone: number;
  readonly together: number;
}

/** @yields a line for each checkpoint; rows of ours that the states lack, or the other way round, count as infinite */
export async function* comparePublished(
  folder: string,
  compute: Compute,
  precision: Precision = 'stored',
): AsyncGenerator<Compared> {
  for (const name of (await readdir(folder)).sort()) {
    const file = name.endsWith('.pt');
    if (!file && !existsSync(join(folder, name, 'config.json'))) continue;
    const stem = file ? join(folder, `${name.slice(0, -3)}.states-`) : join(folder, name, 'states-');
    const [place, start] = [file ? folder : join(folder, name), file ? `${name.slice(0, -3)}.states-` : 'states-'];
    const keys = (await readdir(place)).flatMap((entry) =>
      entry.startsWith(start) && entry.endsWith('.npy') ? [entry.slice(start.length, -4)] : [],
    );
    if (keys.length === 0) continue;
    const wanted = await Promise.all(keys.map((key) => readFloatNpy(`${stem}${key}.npy`)));
    const sounds = await Promise.all(keys.map((key) => soundOf(folder, key)));
    const layers = Array.from({ length: wanted[0]?.shape[0] ?? 0 }, (_, layer) => layer);
    const config = featuresConfig.parse({ kind: 'encoder', model: join(folder, name), layers, precision });
    const extractor = await createExtractor(config, compute);
    try {
      const alone = await Promise.all(sounds.map((sound) => extractor.extract(sound)));
      const together = (await extractor.extractMany?.(sounds)) ?? [];
      const worst = (found: readonly unknown[]): number =>
        Math.max(...wanted.map(({ data, shape }, i) => apart(found[i] as { data: Float32Array }, data, shape)));
      yield {
        name,
        family: String(extractor.about?.['family']),
        alone: worst(alone),
        together: worst(together),
      };
    } finally {
      await extractor.dispose();
    }
  }
}

/** @param wanted [layers, rows, dim]; found [rows, layers * dim] */
function apart({ data: found }: { data: Float32Array }, wanted: Float32Array, shape: readonly number[]): number {
  const [layers, rows, dim] = shape as [number, number, number];
  if (found.length !== wanted.length) return Infinity;
  let worst = 0;
  for (let l = 0; l < layers; l++) {
    let [difference, largest] = [0, 0];
    for (let t = 0; t < rows; t++)
      for (let c = 0; c < dim; c++) {
        const value = wanted[(l * rows + t) * dim + c] as number;
        const off = Math.abs((found[(t * layers + l) * dim + c] as number) - value);
        difference = Math.max(difference, Number.isNaN(off) ? Infinity : off);
        largest = Math.max(largest, Math.abs(value));
      }
    worst = Math.max(worst, difference / largest);
  }
  return worst;
}
