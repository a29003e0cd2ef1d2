import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { indexById, JsonlWriter, readJsonl, readLines } from '../../src/core/jsonl.js';
import { temporaryFolder } from '../temporary-folder.js';

const schema = z.object({ id: z.string(), n: z.number() });

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('JSONL manifests', () => {
  it('gives records back, ids with newlines and quotes included', async () => {
    const path = join(await temporaryFolder(), 'm.jsonl');
    const records = [
      { id: 'a "quoted"\nname', n: 1 },
      { id: 'ñ', n: 2 },
    ];
    const writer = await JsonlWriter.create(path);
    for (const record of records) await writer.write(record);
    await writer.close();
    expect(await collect(readJsonl(path, schema))).toEqual(records);
  });

  it('names file and line of a record that is broken or of another shape', async () => {
    const path = join(await temporaryFolder(), 'm.jsonl');
    await writeFile(path, '{"id":"a","n":1}\n\n{"id":"b","n"');
    await expect(collect(readJsonl(path, schema))).rejects.toThrow(/m\.jsonl, line 3: not valid JSON/);
    await writeFile(path, '{"id":"a","n":"one"}\n');
    await expect(collect(readJsonl(path, schema))).rejects.toThrow(/m\.jsonl, line 1: n: /);
  });

  it('refuses ids that appear twice', async () => {
    const path = join(await temporaryFolder(), 'm.jsonl');
    await writeFile(path, '{"id":"a","n":1}\n{"id":"a","n":2}\n');
    await expect(indexById(readJsonl(path, schema), path)).rejects.toThrow(/id "a" appears twice/);
  });

  it('reports a file that is not there', async () => {
    await expect(collect(readLines('/nonexistent/file'))).rejects.toThrow(/ENOENT/);
  });
});
