// Python's pickles in, plain data out: a machine with a stack for the opcodes of protocols 0 to 5. It builds numbers,
// strings, lists, dictionaries and marks (pickle-values.ts); it has no way to execute anything.
// Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py
import { AsrError } from '../core/errors.js';
import { build, call } from './pickle-calls.js';
import { globalOf, PickleGlobal, type PickleStorage, type PickleValue } from './pickle-values.js';

/** Bytes one behind the other, of a buffer or a file. */
export interface ByteSource {
  /** The next bytes. @throws AsrError 'model' when there are fewer */
  take(count: number): Buffer;
  /** Up to the next line feed, which is left out. */
  line(): string;
}

/** A buffer as a source. */
export class BufferSource implements ByteSource {
  #at = 0;
  constructor(
    private readonly bytes: Buffer,
    private readonly where: string,
  ) {}

  take(count: number): Buffer {
    if (this.#at + count > this.bytes.length) throw cutShort(this.where);
    this.#at += count;
    return this.bytes.subarray(this.#at - count, this.#at);
  }

  line(): string {
    const end = this.bytes.indexOf(10, this.#at);
    if (end < 0) throw cutShort(this.where);
    const text = this.bytes.toString('latin1', this.#at, end);
    this.#at = end + 1;
    return text;
  }
}

export const cutShort = (where: string): AsrError =>
  new AsrError('model', `${where}: cut short, or no pickle`, 'Fetch the file again.');

const mark = Symbol('mark');
type Cell = PickleValue | typeof mark;

/**
 * One pickle, up to its STOP.
 * @param persistent makes the value of a persistent id, which is how torch names storages
 * @throws AsrError 'model' for other globals than those of checkpoints, and for what is no pickle
 */
export function unpickle(
  source: ByteSource,
  where: string,
  persistent: (id: PickleValue) => PickleStorage,
): PickleValue {
  const stack: Cell[] = [];
  const memo = new Map<number, PickleValue>();
  const bad = (what: string): AsrError =>
    new AsrError('model', `${where}: damaged pickle: ${what}`, 'Fetch the file again.');
  const pop = (): PickleValue => {
    const value = stack.pop();
    if (value === undefined || value === mark) throw bad('a value is missing');
    return value;
  };
  const top = (): PickleValue => {
    const value = stack.at(-1);
    if (value === undefined || value === mark) throw bad('a value is missing');
    return value;
  };
  const popMarked = (): PickleValue[] => {
    const at = stack.lastIndexOf(mark);
    if (at < 0) throw bad('a mark is missing');
    return stack.splice(at).slice(1) as PickleValue[];
  };
  const popText = (): string => {
    const value = pop();
    if (typeof value !== 'string') throw bad('a name is missing');
    return value;
  };
  const recall = (key: number): PickleValue => {
    const value = memo.get(key);
    if (value === undefined) throw bad(`nothing was remembered under ${key}`);
    return value;
  };
  const u8 = (): number => source.take(1).readUInt8();
  const u32 = (): number => source.take(4).readUInt32LE();
  const u64 = (): number => Number(source.take(8).readBigUInt64LE());
  const text = (count: number): string => source.take(count).toString('utf8');
  const bytes = (count: number): Uint8Array => Uint8Array.from(source.take(count));
  const push = (value: PickleValue): void => void stack.push(value);
  const setItems = (items: readonly PickleValue[]): void => {
    const target = top();
    // What is set on an object that is kept as data belongs to nobody.
    if (!(target instanceof Map)) return;
    for (let i = 0; i + 1 < items.length; i += 2) target.set(items[i] as PickleValue, items[i + 1] as PickleValue);
  };
  const addItems = (items: readonly PickleValue[]): void => {
    const target = top();
    if (Array.isArray(target)) for (const item of items) target.push(item);
  };
  const reduce = (callee: PickleValue, args: PickleValue): PickleValue => {
    if (!(callee instanceof PickleGlobal) || !Array.isArray(args)) throw bad('something is called that is no class');
    return call(callee, args, where);
  };

  const operations: Readonly<Record<string, () => void>> = {
    '\x80': () => void source.take(1),
    '\x95': () => void source.take(8),
    '(': () => void stack.push(mark),
    '0': () => void stack.pop(),
    '1': () => void popMarked(),
    '2': () => push(top()),
    N: () => push(null),
    '\x88': () => push(true),
    '\x89': () => push(false),
    I: () => {
      const line = source.line();
      push(line === '00' ? false : line === '01' ? true : Number(line));
    },
    J: () => push(source.take(4).readInt32LE()),
    K: () => push(u8()),
    M: () => push(source.take(2).readUInt16LE()),
    L: () => push(whole(BigInt(source.line().replace(/L$/, '')))),
    '\x8a': () => push(long(source.take(u8()))),
    '\x8b': () => push(long(source.take(u32()))),
    F: () => push(Number(source.line())),
    G: () => push(source.take(8).readDoubleBE()),
    S: () => push(source.line().replace(/^(['"])(.*)\1$/, '$2')),
    T: () => push(text(u32())),
    U: () => push(text(u8())),
    V: () => push(source.line()),
    X: () => push(text(u32())),
    '\x8c': () => push(text(u8())),
    '\x8d': () => push(text(u64())),
    B: () => push(bytes(u32())),
    C: () => push(bytes(u8())),
    '\x8e': () => push(bytes(u64())),
    '\x96': () => push(bytes(u64())),
    ']': () => push([]),
    l: () => push(popMarked()),
    a: () => {
      const item = pop();
      addItems([item]);
    },
    e: () => addItems(popMarked()),
    ')': () => push([]),
    t: () => push(popMarked()),
    '\x85': () => push([pop()]),
    '\x86': () => push([pop(), pop()].reverse()),
    '\x87': () => push([pop(), pop(), pop()].reverse()),
    '}': () => push(new Map()),
    d: () => {
      const items = popMarked();
      push(new Map());
      setItems(items);
    },
    s: () => setItems([pop(), pop()].reverse()),
    u: () => setItems(popMarked()),
    '\x8f': () => push([]),
    '\x90': () => addItems(popMarked()),
    '\x91': () => push(popMarked()),
    c: () => {
      const module = source.line();
      push(globalOf(module, source.line(), where));
    },
    '\x93': () => {
      const name = popText();
      push(globalOf(popText(), name, where));
    },
    R: () => {
      const args = pop();
      push(reduce(pop(), args));
    },
    '\x81': () => {
      const args = pop();
      push(reduce(pop(), args));
    },
    '\x92': () => {
      pop();
      const args = pop();
      push(reduce(pop(), args));
    },
    o: () => {
      const [callee, ...args] = popMarked();
      push(reduce(callee ?? null, args));
    },
    i: () => {
      const module = source.line();
      const callee = globalOf(module, source.line(), where);
      push(reduce(callee, popMarked()));
    },
    b: () => {
      const state = pop();
      build(top(), state);
    },
    P: () => push(persistent(source.line())),
    Q: () => push(persistent(pop())),
    g: () => push(recall(Number(source.line()))),
    h: () => push(recall(u8())),
    j: () => push(recall(u32())),
    p: () => void memo.set(Number(source.line()), top()),
    q: () => void memo.set(u8(), top()),
    r: () => void memo.set(u32(), top()),
    '\x94': () => void memo.set(memo.size, top()),
  };
  for (;;) {
    const code = source.take(1).toString('latin1');
    if (code === '.') return pop();
    const operation = Object.hasOwn(operations, code) ? operations[code] : undefined;
    if (!operation) throw bad(`unknown opcode 0x${code.charCodeAt(0).toString(16)}`);
    operation();
  }
}

function long(bytes: Buffer): number | bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  return whole(bytes.length > 0 && (bytes.at(-1) as number) >= 0x80 ? value - (1n << BigInt(8 * bytes.length)) : value);
}

const whole = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
