// What a stage had opened stayed open when it threw, until Node closed it on garbage collection (DEP0137); and a
// writer that could not write its rest, since the disk is full, left its file and those beside it open.
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { JsonlWriter } from '../../src/core/jsonl.js';
import { ShardWriter } from '../../src/core/shard-writer.js';
import { ShardReader, shardName } from '../../src/core/shards.js';
import { TextWriter } from '../../src/core/text-writer.js';
import { storedLabels } from '../../src/bootstrap/label-store.js';

const full = '/dev/full';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'open-writers-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Files that this process holds open, of those that `wanted` names. */
const openFiles = (wanted: string): string[] =>
  readdirSync('/proc/self/fd').flatMap((number) => {
    try {
      const target = readlinkSync(join('/proc/self/fd', number));
      return target.startsWith(wanted) ? [target] : [];
    } catch {
      return []; // the one that lists
    }
  });

it('warns of no file that garbage collection had to close', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on('warning', note);
  onTestFinished(() => {
    process.off('warning', note);
  });
  const folder = scratch();
  const failing = async (): Promise<void> => {
    await using records = await JsonlWriter.create(join(folder, 'records.jsonl'));
    await using text = await TextWriter.create(join(folder, 'text.txt'));
    await using frames = await ShardWriter.create(join(folder, 'frames'), { columns: 1 });
    await records.write({});
    await text.write('a');
    await frames.append('a', Float32Array.of(1));
    throw new Error('in the middle');
  };
  await expect(failing()).rejects.toThrow('in the middle');
  const labels = async function* (): AsyncGenerator<readonly [string, Int16Array]> {
    yield ['a', Int16Array.of(1)];
    throw new Error('no more');
  };
  await expect(storedLabels(join(folder, 'labels'), labels)).rejects.toThrow('no more');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    collect();
    await wait(5);
  }
  expect(warnings.map(({ message }) => message).filter((message) => message.includes('garbage'))).toEqual([]);
});

it.skipIf(!existsSync('/proc/self/fd'))('closes the shard that is no array', async () => {
  const folder = scratch();
  writeFileSync(join(folder, 'index.jsonl'), '{"id":"a","shard":0,"start":0,"rows":1,"columns":1}\n');
  writeFileSync(join(folder, shardName(0)), 'no array');
  const reader = await ShardReader.open(folder);
  await expect(reader.read('a')).rejects.toMatchObject({ code: 'input', hint: expect.stringContaining('.npy') });
  expect(openFiles(folder)).toEqual([]);
});

it.skipIf(!existsSync(full))('closes what it cannot write to, and what stands beside it', async () => {
  const folder = scratch();
  const writer = await TextWriter.create(full);
  await writer.write('text');
  await expect(writer.close()).rejects.toThrow('ENOSPC');
  await writer.close();
  expect(openFiles(full)).toEqual([]);

  symlinkSync(full, join(folder, 'index.jsonl'));
  const frames = await ShardWriter.create(folder, { columns: 1 });
  await frames.append('a', Float32Array.of(1));
  await expect(frames.close()).rejects.toThrow('ENOSPC');
  expect([...openFiles(full), ...openFiles(folder)]).toEqual([]);
});
