import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readNpy } from '../../src/core/npy.js';
import { ShardWriter } from '../../src/core/shard-writer.js';
import { ShardReader } from '../../src/core/shards.js';
import { temporaryFolder } from '../temporary-folder.js';

const rowsOf = (n: number, from: number): Float32Array => Float32Array.from({ length: n * 2 }, (_, i) => from + i);

async function threeItems(shardBytes: number): Promise<string> {
  const folder = join(await temporaryFolder(), 'frames');
  const writer = await ShardWriter.create(folder, { columns: 2, shardBytes });
  await writer.append('a', rowsOf(3, 0));
  await writer.append('b', rowsOf(0, 0));
  await writer.append('c', rowsOf(2, 100));
  await writer.close();
  return folder;
}

describe('shards', () => {
  it('gives items back in order, or one by id, whatever the shard size', async () => {
    for (const shardBytes of [1, 1 << 20]) {
      const reader = await ShardReader.open(await threeItems(shardBytes));
      expect(reader.ids).toEqual(['a', 'b', 'c']);
      expect((await reader.read('c')).data).toEqual(rowsOf(2, 100));
      const items = [];
      for await (const { id, rows, data } of reader.items()) items.push([id, rows, data.length]);
      expect(items).toEqual([
        ['a', 3, 6],
        ['b', 0, 0],
        ['c', 2, 4],
      ]);
      await reader.close();
    }
  });

  it('writes shards that are complete .npy files', async () => {
    const folder = await threeItems(1 << 20);
    expect((await readdir(folder)).sort()).toEqual(['00000.npy', 'index.jsonl']);
    expect((await readNpy(join(folder, '00000.npy'))).shape).toEqual([5, 2]);
  });

  it('reads a part of a long array, and int16 as it is stored', async () => {
    const folder = join(await temporaryFolder(), 'samples');
    const samples = Int16Array.from({ length: 1000 }, (_, i) => i - 500);
    const writer = await ShardWriter.create(folder, { columns: 1, type: 'int16' });
    await writer.append('first', Int16Array.of(7));
    await writer.append('long', samples);
    await writer.close();
    const reader = await ShardReader.open(folder);
    expect((await reader.readRange('long', 400, 403)).data).toEqual(Float32Array.of(-100, -99, -98));
    expect((await reader.readRange('long', 1000, 1000)).rows).toBe(0);
    expect(await reader.readInt16('long')).toEqual(samples);
    await expect(reader.readRange('long', 990, 1001)).rejects.toThrow(/has rows \[0, 1000\), not \[990, 1001\)/);
    await reader.close();
    const floats = await ShardReader.open(await threeItems(1 << 20));
    await expect(floats.readInt16('a')).rejects.toThrow(/expected int16 values, found float32/);
    await floats.close();
  });

  it('keeps what it was given, though the caller uses its array again', async () => {
    const folder = await temporaryFolder();
    const writer = await ShardWriter.create(folder, { columns: 1, type: 'int16' });
    const reused = new Int16Array(3);
    for (let i = 0; i < 5; i++) {
      reused.fill(i);
      await writer.append(`u${i}`, reused);
    }
    // Larger than what is held back: written in its place all the same.
    await writer.append('long', new Int16Array(700_000).fill(9));
    await writer.append('last', Int16Array.of(7));
    await writer.close();
    const reader = await ShardReader.open(folder);
    for (let i = 0; i < 5; i++) expect([...(await reader.readInt16(`u${i}`))]).toEqual([i, i, i]);
    expect((await reader.readInt16('long')).every((value) => value === 9)).toBe(true);
    expect([...(await reader.readInt16('last'))]).toEqual([7]);
    await reader.close();
  });

  it('starts a new shard when one is full', async () => {
    expect((await readdir(await threeItems(8))).filter((name) => name.endsWith('.npy'))).toHaveLength(2);
  });

  it('refuses values that are no whole rows, and names ids that are not there', async () => {
    const folder = join(await temporaryFolder(), 'frames');
    const writer = await ShardWriter.create(folder, { columns: 2 });
    await expect(writer.append('a', new Float32Array(3))).rejects.toThrow(RangeError);
    await writer.close();
    const reader = await ShardReader.open(folder);
    await expect(reader.read('a')).rejects.toThrow(/no array for id "a"/);
  });

  it('names the shard that is cut short', async () => {
    const folder = await threeItems(1 << 20);
    await truncate(join(folder, '00000.npy'), 130);
    const reader = await ShardReader.open(folder);
    await expect(reader.read('c')).rejects.toThrow(/00000\.npy: "c" needs 16 bytes/);
    await reader.close();
  });
});
