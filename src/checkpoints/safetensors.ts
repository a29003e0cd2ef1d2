// A .safetensors file in, a table of its tensors out: eight bytes of length, a JSON header, then the numbers.
// The format: https://huggingface.co/docs/safetensors
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { countOf, readStretch, rowMajor, storedBytes, type StoredTensor, type StoredType } from './stored-tensor.js';

const types: Readonly<Record<string, StoredType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};

const size = z.number().int().nonnegative();
const entrySchema = z.object({ dtype: z.string(), shape: z.array(size).max(8), data_offsets: z.tuple([size, size]) });
const headerSchema = z.record(z.string(), z.unknown());
const largestHeader = 100 << 20;

/** @throws AsrError 'model' when it is no such file, contradicts itself or is cut short */
export async function readSafetensors(file: string): Promise<StoredTensor[]> {
  const broken = (what: string): AsrError => new AsrError('model', `${file}: ${what}`, 'Fetch the file again.');
  const { size: total } = await stat(file);
  if (total < 8) throw broken(`no safetensors file: ${total} bytes`);
  const length = Number((await readStretch(file, 0, 8)).readBigUInt64LE());
  if (length > largestHeader) throw broken(`no safetensors file: its header would be ${length} bytes long`);
  const start = 8 + length;
  if (start > total) throw broken(`cut short: the header ends at byte ${start}, the file at ${total}`);
  let header: Record<string, unknown>;
  try {
    header = headerSchema.parse(JSON.parse((await readStretch(file, 8, length)).toString('utf8')));
  } catch {
    throw broken('no safetensors file: its header is not JSON');
  }
  return Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => {
      const entry = entrySchema.safeParse(value);
      if (!entry.success) throw broken(`the entry of tensor "${name}" is not one of the format`);
      const { dtype, shape, data_offsets: range } = entry.data;
      const type = types[dtype];
      if (type === undefined) throw broken(`tensor "${name}" is of the unknown type ${dtype}`);
      const expected = countOf(shape) * storedBytes[type];
      if (range[1] - range[0] !== expected)
        throw broken(
          `tensor "${name}" of the shape [${shape.join(', ')}] should take ${expected} bytes, has ` +
            `${range[1] - range[0]}`,
        );
      if (start + range[1] > total)
        throw broken(`cut short: tensor "${name}" ends at byte ${start + range[1]}, the file at ${total}`);
      return { name, type, shape, strides: rowMajor(shape), file, offset: start + range[0] };
    });
}
