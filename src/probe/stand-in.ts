// A stand-in for a large encoder, for benchmarks alone: frames that know the phones as well as wav2vec 2.0 does,
// because they are made from labels. Each phone has a random vector; a real alignment says when it is spoken; phones
// that sound alike are confused now and then, neighbours blur into each other, and noise comes on top. The folder says
// `supervised`, and only features.kind=supervised-stand-in reads it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeNpy } from '../core/npy.js';
import type { Rng } from '../core/rng.js';
import { encoderGrid, frameCount, frameMiddle } from '../core/frame-grid.js';
import type { Frames } from '../core/time.js';
import { standInMark } from '../features/stand-in-mark.js';
import { originalSample } from '../vad/regions.js';
import type { AlignedPhone } from './alignment.js';
import { readUtterances } from '../vad/folder.js';

export interface StandInOptions {
  readonly vad: string;
  readonly alignment: ReadonlyMap<string, readonly AlignedPhone[]>;
  readonly out: string;
  readonly dim: number;
  /** Share of phones that are taken for another one. */
  readonly confusions: number;
  /** Standard deviation of the noise in each dimension; that of the phones' vectors is 1. */
  readonly noise: number;
  readonly rng: Rng;
}

/** Share of a frame's noise that stays in the next one. */
const steady = 0.7;
/** Phones that a phone is confused with. */
const neighbours = 5;

/** @returns utterances written; those without an alignment get none */
export async function writeStandIn({
  vad,
  alignment,
  out,
  dim,
  confusions,
  noise,
  rng,
}: StandInOptions): Promise<number> {
  const phones = [...new Set([...alignment.values()].flatMap((list) => list.map(({ phone }) => phone)))].sort();
  const vectors = new Map(phones.map((phone) => [phone, gaussian(dim, rng.fork('phone').fork(phone))]));
  const alike = new Map(phones.map((phone) => [phone, nearest(phone, vectors)]));
  await mkdir(join(out, 'frames'), { recursive: true });
  const index: string[] = [];
  for await (const { id, recording, regions, samples } of readUtterances(vad)) {
    const aligned = alignment.get(recording);
    const rows = frameCount(samples, encoderGrid);
    if (!aligned || rows === 0) continue;
    const draw = rng.fork('utterance').fork(id);
    const spoken = aligned.map(({ phone }) =>
      vectors.get(draw.uniform() < confusions ? draw.choice(alike.get(phone)!) : phone)!,
    );
    const data = new Float32Array(rows * dim);
    let at = 0;
    for (let t = 0; t < rows; t++) {
      const sample = originalSample(regions, frameMiddle(t as Frames, encoderGrid));
      while (at + 1 < aligned.length && aligned[at]!.end <= sample) at++;
      data.set(spoken[at]!, t * dim);
    }
    await writeNpy(
      join(out, 'frames', `${index.length}.npy`),
      noisy(blurred(data, rows, dim), rows, dim, noise, draw),
      [rows, dim],
    );
    index.push(`${id}\t${join('frames', `${index.length}.npy`)}`);
  }
  await writeFile(join(out, 'index.tsv'), `${index.join('\n')}\n`);
  await writeFile(
    join(out, standInMark),
    `${JSON.stringify(
      {
        labels: 'yes: made from an alignment of references; for benchmarks only',
        phones: phones.length,
        dim,
        confusions,
        noise,
      },
      null,
      2,
    )}` + '\n',
  );
  return index.length;
}

const gaussian = (length: number, rng: Rng): Float32Array => Float32Array.from({ length }, () => rng.normal());

/** The phones whose vectors lie nearest: confusions fall on few, as those of people and encoders do. */
function nearest(phone: string, vectors: ReadonlyMap<string, Float32Array>): string[] {
  const own = vectors.get(phone)!;
  const distance = (other: Float32Array): number => other.reduce((sum, value, i) => sum + (value - own[i]!) ** 2, 0);
  const others = [...vectors]
    .filter(([name]) => name !== phone)
    .sort(([, a], [, b]) => distance(a) - distance(b))
    .slice(0, neighbours)
    .map(([name]) => name);
  return others.length === 0 ? [phone] : others;
}

/** A quarter of each neighbour: coarticulation. */
function blurred(data: Float32Array, rows: number, dim: number): Float32Array {
  return data.map((value, i) => {
    const t = Math.floor(i / dim);
    return 0.5 * value + 0.25 * ((t > 0 ? data[i - dim]! : value) + (t + 1 < rows ? data[i + dim]! : value));
  });
}

function noisy(data: Float32Array, rows: number, dim: number, deviation: number, rng: Rng): Float32Array {
  const state = gaussian(dim, rng);
  const fresh = Math.sqrt(1 - steady * steady);
  for (let t = 0; t < rows; t++) {
    for (let d = 0; d < dim; d++) {
      state[d] = steady * state[d]! + fresh * rng.normal();
      data[t * dim + d]! += deviation * state[d]!;
    }
  }
  return data;
}
