// Manifests: one JSON record a line, parsed by a schema, read as async iterables so that memory
// does not grow with the corpus. A bad line says file, line number and what was expected.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { checked } from './checked.js';
import { AsrError } from './errors.js';
import { refuseLfsPointer } from './lfs-pointer.js';
import { readLines, type LineOptions } from './lines.js';
import { TextWriter } from './text-writer.js';

export { readLines } from './lines.js';

/**
 * Reads a JSONL file line by line, or the lines in some of its bytes; blank lines are passed over.
 * @throws AsrError 'input' with file and line number where a line is no JSON or breaks the schema
 */
export async function* readJsonl<T extends z.ZodType>(
  path: string,
  schema: T,
  bytes?: LineOptions['bytes'],
): AsyncGenerator<z.infer<T>> {
  let number = 0;
  const behind = bytes && bytes[0] > 0 ? ` behind byte ${bytes[0]}` : '';
  for await (const line of readLines(path, { bytes })) {
    number++;
    if (line.trim() === '') continue;
    yield parseRecord(line, schema, `${path}, line ${number}${behind}`);
  }
}

/** One JSON file through its schema. */
export async function readJson<T extends z.ZodType>(path: string, schema: T): Promise<z.infer<T>> {
  const text = await readFile(path, 'utf8');
  refuseLfsPointer(text, path, 'input');
  return parseRecord(text, schema, path);
}

/** The fields of it that are named, by their part of its schema: it need not hold the others. None: all of them. */
export function readFields<T extends object, K extends keyof T & string>(
  path: string,
  schema: z.ZodObject & z.ZodType<T>,
  fields: readonly K[],
): Promise<Pick<T, K>> {
  const shape = Object.fromEntries(fields.map((field) => [field, schema.shape[field] as z.ZodType]));
  return readJson(path, (fields.length === 0 ? schema : z.object(shape)) as z.ZodType<Pick<T, K>>);
}

function parseRecord<T extends z.ZodType>(text: string, schema: T, where: string): z.infer<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AsrError(
      'input',
      `${where}: not valid JSON`,
      'The file may be cut short; make it again with the stage that wrote it.',
      error,
    );
  }
  const hint = 'Compare the record with docs/formats.md.';
  return checked(schema, value, (problems) => new AsrError('input', `${where}: ${problems}`, hint), 'record');
}

/** Appends records to a file, buffered; `close` must be awaited. */
export class JsonlWriter {
  #count = 0;

  private constructor(private readonly text: TextWriter) {}

  /** @param append keep what is there (to continue an interrupted stage) */
  static async create(path: string, append = false): Promise<JsonlWriter> {
    return new JsonlWriter(await TextWriter.create(path, append));
  }

  get count(): number {
    return this.#count;
  }

  async write(record: object): Promise<void> {
    this.#count++;
    await this.text.write(`${JSON.stringify(record)}\n`);
  }

  flush(): Promise<void> {
    return this.text.flush();
  }

  close(): Promise<void> {
    return this.text.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.text[Symbol.asyncDispose]();
  }
}

/** Collects a small manifest into a map by id. @throws AsrError 'input' on a repeated id */
export async function indexById<T extends { readonly id: string }>(
  records: AsyncIterable<T>,
  where: string,
): Promise<Map<string, T>> {
  const byId = new Map<string, T>();
  for await (const record of records) {
    if (byId.has(record.id))
      throw new AsrError(
        'input',
        `${where}: id "${record.id}" appears twice`,
        'Ids must be unique; rename one of them.',
      );
    byId.set(record.id, record);
  }
  return byId;
}
