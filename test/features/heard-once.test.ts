// Blocks of one pass that several runs share: frames are to the bit those of an encoder cut off at the block, the
// encoder hears a sound once, and what cannot be heard is refused in every run.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFloatNpy } from '../../src/core/npy.js';
import { computeSchema } from '../../src/core/stage.js';
import { featuresConfig } from '../../src/features/config.js';
import { createExtractor, type FeatureExtractor } from '../../src/features/extractor.js';
import { temporaryFolder } from '../temporary-folder.js';

const fixtures = join(import.meta.dirname, '../fixtures/published');
const own = computeSchema.parse({ threads: 1 });
const { data: long } = await readFloatNpy(join(fixtures, 'sound-long.npy'));
const sounds = [long, long.subarray(0, 5000), long.subarray(100, 9000), new Float32Array(20)];

async function framesOf(
  extractor: Promise<FeatureExtractor>,
  of: readonly Float32Array[] = sounds,
): Promise<(Float32Array | string)[]> {
  const opened = await extractor;
  const found = await opened.extractMany!(of);
  for (const one of found) if (!(one instanceof Error)) expect(one.data.length).toBe(one.rows * opened.dim);
  await opened.dispose();
  return found.map((one) => (one instanceof Error ? one.message : one.data));
}

describe.each(
  (await readdir(fixtures, { withFileTypes: true })).filter((e) => e.isDirectory()).map(({ name }) => name),
)('blocks of %s', (name) => {
  it('are heard in one pass, to the bit what each gives alone', async () => {
    const folder = join(await temporaryFolder(), 'heard');
    const open = (layer: number, layers?: readonly number[]) =>
      createExtractor(
        featuresConfig.parse({ kind: 'encoder', model: join(fixtures, name), layer }),
        layers ? { ...own, heard: { folder, layers: [...layers] } } : own,
      );
    expect(await framesOf(open(2, [1, 2]))).toEqual(await framesOf(open(2)));
    const kept = (await readdir(folder)).sort();
    expect(kept).toHaveLength(sounds.length);
    const times = async () => Promise.all(kept.map(async (file) => (await stat(join(folder, file))).mtimeMs));
    const before = await times();
    expect(await framesOf(open(1, [1, 2]))).toEqual(await framesOf(open(1)));
    expect((await readdir(folder)).sort()).toEqual(kept);
    expect(await times()).toEqual(before);
    // Other blocks are another pass; a block that is none of them goes alone.
    await framesOf(open(1, [1]));
    expect(await readdir(folder)).toHaveLength(2 * sounds.length);
    await framesOf(open(1, [2]));
    expect(await readdir(folder)).toHaveLength(2 * sounds.length);
  });
});

it('keeps nothing of a sound that is damaged, and says so in every run', async () => {
  const folder = join(await temporaryFolder(), 'heard');
  const broken = Float32Array.from(long, (value, i) => (i === 3 ? NaN : value));
  for (const layer of [1, 2]) {
    const [good, bad] = await framesOf(
      createExtractor(featuresConfig.parse({ kind: 'encoder', model: join(fixtures, 'whisper'), layer }), {
        ...own,
        heard: { folder, layers: [1, 2] },
      }),
      [long, broken],
    );
    expect(good).toBeInstanceOf(Float32Array);
    expect(bad).toMatch(/sample 3 is NaN/u);
  }
  const [file] = await readdir(folder);
  expect(await readdir(folder)).toHaveLength(1);
  expect((await readFile(join(folder, file!))).length).toBeGreaterThan(0);
});
