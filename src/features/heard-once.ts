// Runs that differ in their block alone hear a sound once: the first that comes has the encoder give all blocks and
// keeps them on disk, the others read theirs. What a block gives is to the bit what an encoder cut off there gives.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readStretch } from '../checkpoints/index.js';
import { extractOne, type FeatureExtractor, type FrameRows } from './frames.js';

interface HeardOnce {
  /** Where frames are kept, shared by all runs. */
  readonly folder: string;
  /** Says which encoder this is, and what is done to the sound. */
  readonly encoder: string;
  /** Blocks that `wide` gives, side by side in a frame. */
  readonly layers: readonly number[];
  /** The one that is wanted. */
  readonly layer: number;
}

type Many = NonNullable<FeatureExtractor['extractMany']>;

/** @param wide gives all blocks; it is disposed of with what is returned */
export function heardOnce(wide: FeatureExtractor, { folder, encoder, layers, layer }: HeardOnce): FeatureExtractor {
  const dim = wide.dim / layers.length;
  const place = layers.indexOf(layer);
  const extractMany: Many = async (sounds) => {
    const files = sounds.map((samples) => join(folder, nameOf(encoder, samples)));
    const missing = [...files.keys()].filter((i) => !existsSync(files[i]!));
    const failed = new Map<number, Error>();
    if (missing.length > 0) {
      await mkdir(folder, { recursive: true });
      const found = await wide.extractMany!(missing.map((i) => sounds[i]!));
      for (const [at, i] of missing.entries()) {
        const frames = found[at]!;
        if (frames instanceof Error) failed.set(i, frames);
        else await keep(files[i]!, frames, dim, layers.length);
      }
    }
    return Promise.all(files.map(async (file, i) => failed.get(i) ?? read(file, dim, layers.length, place)));
  };
  return {
    ...wide,
    dim,
    extractMany,
    extract: extractOne(extractMany),
  };
}

const nameOf = (encoder: string, samples: Float32Array): string =>
  createHash('sha256')
    .update(encoder)
    .update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
    .digest('hex');

/** A block after the other, so that one of them is read in one stretch. The name is given when all is written. */
async function keep(file: string, { data, rows }: FrameRows, dim: number, layers: number): Promise<void> {
  const blocks = new Float32Array(data.length);
  for (let t = 0; t < rows; t++)
    for (let l = 0; l < layers; l++) {
      const from = (t * layers + l) * dim;
      blocks.set(data.subarray(from, from + dim), (l * rows + t) * dim);
    }
  const partial = `${file}.${process.pid}`;
  await writeFile(partial, blocks);
  await rename(partial, file);
}

async function read(file: string, dim: number, layers: number, place: number): Promise<FrameRows> {
  const bytes = (await stat(file)).size / layers;
  const data = new Float32Array(Uint8Array.from(await readStretch(file, place * bytes, bytes)).buffer);
  return { data, rows: data.length / dim };
}
