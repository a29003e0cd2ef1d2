// Small pickles and archives written by hand, as torch.save and hostile people write them.
import { crc32 } from 'node:zlib';

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u16 = (value: number): Buffer => u32(value).subarray(0, 2);
export const text = (value: string): Buffer =>
  Buffer.concat([Buffer.from('X'), u32(Buffer.byteLength(value)), Buffer.from(value)]);
export const global = (module: string, name: string): Buffer => Buffer.from(`c${module}\n${name}\n`);
export const int = (value: number): Buffer => Buffer.concat([Buffer.from('J'), u32(value)]);
export const tuple = (...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from('('), ...parts, Buffer.from('t')]);
export const pickle = (...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from('\x80\x02', 'latin1'), ...parts, Buffer.from('.')]);

export interface Tensor {
  readonly shape: readonly number[];
  readonly strides?: readonly number[];
  readonly first?: number;
  readonly storage: string;
  readonly count: number;
}

/** _rebuild_tensor_v2(storage, offset, size, stride, False, OrderedDict()) */
export const tensor = ({ shape, strides, first = 0, storage, count }: Tensor, kind = 'FloatStorage'): Buffer =>
  Buffer.concat([
    global('torch._utils', '_rebuild_tensor_v2'),
    tuple(
      Buffer.concat([
        tuple(text('storage'), global('torch', kind), text(storage), text('cpu'), int(count)),
        Buffer.from('Q'),
      ]),
      int(first),
      tuple(...shape.map(int)),
      tuple(...(strides ?? shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1))).map(int)),
      Buffer.from('\x89', 'latin1'),
      Buffer.concat([global('collections', 'OrderedDict'), Buffer.from(')R')]),
    ),
    Buffer.from('R'),
  ]);

export const dictionary = (entries: Readonly<Record<string, Buffer>>): Buffer =>
  Buffer.concat([
    Buffer.from('}('),
    ...Object.entries(entries).flatMap(([name, value]) => [text(name), value]),
    Buffer.from('u'),
  ]);

/** An archive whose entries are stored. */
export function zip(entries: Readonly<Record<string, Uint8Array>>): Buffer {
  const local: Buffer[] = [];
  const table: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(entries)) {
    const sizes = [u32(crc32(content)), u32(content.length), u32(content.length), u16(name.length), u16(0)];
    const head = Buffer.concat([u32(0x04034b50), Buffer.alloc(10), ...sizes, Buffer.from(name)]);
    table.push(
      Buffer.concat([u32(0x02014b50), Buffer.alloc(12), ...sizes, Buffer.alloc(10), u32(at), Buffer.from(name)]),
    );
    local.push(head, Buffer.from(content));
    at += head.length + content.length;
  }
  const index = Buffer.concat(table);
  const count = u16(table.length);
  const end = [u32(0x06054b50), Buffer.alloc(4), count, count, u32(index.length), u32(at), u16(0)];
  return Buffer.concat([...local, index, ...end]);
}

const pickledMark = Buffer.from('8a0a6cfc9c46f9206aa85019', 'hex');

/** A stream of pickles with the storages behind them, as torch before 1.6. @param counts values of each storage */
export function torchStream(
  object: Buffer,
  storages: Readonly<Record<string, Uint8Array>>,
  counts: Readonly<Record<string, number>>,
): Buffer {
  const names = Object.keys(storages);
  const keys = Buffer.concat([Buffer.from(']('), ...names.map(text), Buffer.from('e')]);
  return Buffer.concat([
    pickle(pickledMark),
    pickle(int(1001)),
    pickle(Buffer.from('}')),
    pickle(object),
    pickle(keys),
    ...names.flatMap((name) => [new Uint8Array(BigInt64Array.of(BigInt(counts[name]!)).buffer), storages[name]!]),
  ]);
}

export const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
