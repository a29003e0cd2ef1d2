// A corpus divided into stretches against the same manifests read whole: what a piece reads is what belongs to it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { readJsonl } from '../../src/core/jsonl.js';
import { ShardReader, indexPath } from '../../src/core/shards.js';
import { ShardWriter } from '../../src/core/shard-writer.js';
import { divideManifest } from '../../src/core/stretches.js';
import { temporaryFolder } from '../temporary-folder.js';

const schema = z.looseObject({ id: z.string() });
async function idsIn(path: string, bytes?: readonly [number, number]): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of readJsonl(path, schema, bytes)) ids.push(id);
  return ids;
}

it('finds the records of each stretch in every manifest', async () => {
  const folder = await temporaryFolder();
  const [utterances, units, recordings] = ['utterances', 'units', 'recordings'].map((name) =>
    join(folder, `${name}.jsonl`),
  );
  // Recording 3 has seven utterances, in three stretches. Letters of two bytes, and a last line without end.
  const rows = Array.from({ length: 23 }, (_, i) => ({
    id: `é${i}`,
    recording: `r${i < 6 ? (i % 3 === 0 ? 0 : i) : i < 13 ? 3 : i}`,
  }));
  await writeFile(utterances!, rows.map((row) => JSON.stringify(row)).join('\n'));
  const kept = rows.filter((_, i) => i % 4 !== 0 && (i < 10 || i > 14));
  await writeFile(units!, kept.map(({ id }) => `${JSON.stringify({ id, units: [1, 2] })}\n`).join(''));
  const names = [...new Set(['r4', ...rows.map(({ recording }) => recording), 'r99'])];
  await using writer = await ShardWriter.create(recordings!, { columns: 1, type: 'int16' });
  for (const [i, name] of names.entries()) await writer.append(name, Int16Array.of(i));
  await writer.close();

  const stretches = await divideManifest(
    utterances!,
    [{ path: units! }, { path: indexPath(recordings!), by: 'recording' }],
    5,
  );
  expect(stretches.map(({ name, first, end }) => [name, first, end])).toEqual([
    ['00-04', 0, 5],
    ['05-09', 5, 10],
    ['10-14', 10, 15],
    ['15-19', 15, 20],
    ['20-22', 20, 23],
  ]);
  for (const { first, end, bytes } of stretches) {
    const own = rows.slice(first, end);
    expect(await idsIn(utterances!, bytes[0])).toEqual(own.map(({ id }) => id));
    expect(await idsIn(units!, bytes[1])).toEqual(own.filter((row) => kept.includes(row)).map(({ id }) => id));
    await using reader = await ShardReader.open(recordings!, bytes[2]);
    for (const { recording } of own)
      expect([...(await reader.readInt16(recording))]).toEqual([names.indexOf(recording)]);
  }
  // The third stretch has no record there, and reads none.
  expect(stretches[2]?.bytes[1]).toEqual([0, 0]);
});

it('names the line and the stretch of a damaged record', async () => {
  const path = join(await temporaryFolder(), 'a.jsonl');
  await writeFile(path, '{"id":"a"}\n{"id":7}\n');
  await expect(idsIn(path, [11, 20])).rejects.toThrow(/a\.jsonl, line 1 behind byte 11/);
});
