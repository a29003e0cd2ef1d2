// The table of contents of a zip archive whose entries are stored as they are, which is how torch.save writes them.
import { stat } from 'node:fs/promises';
import { AsrError } from '../core/errors.js';
import { readStretch } from './stored-tensor.js';

export interface ZipEntry {
  readonly name: string;
  /** Byte of the file where its content starts. */
  readonly offset: number;
  readonly size: number;
}

const endMark = 0x06054b50;
const end64Mark = 0x06064b50;
const locator64Mark = 0x07064b50;
const entryMark = 0x02014b50;
const localMark = 0x04034b50;
const endBytes = 22;
const longestComment = 0xffff;
const unset = 0xffffffff;

/**
 * @throws AsrError 'model' when the table is missing (a file cut short), contradicts
 * the file, or entries are compressed
 */
export async function readZip(file: string): Promise<ZipEntry[]> {
  const broken = (what: string): AsrError => new AsrError('model', `${file}: ${what}`, 'Fetch the file again.');
  const { size: total } = await stat(file);
  const tailStart = Math.max(0, total - endBytes - longestComment);
  const tail = await readStretch(file, tailStart, total - tailStart);
  let at = tail.length - endBytes;
  while (at >= 0 && tail.readUInt32LE(at) !== endMark) at--;
  if (at < 0) throw broken(`cut short: a zip archive of ${total} bytes without its table of contents`);
  let size = tail.readUInt32LE(at + 12);
  let start = tail.readUInt32LE(at + 16);
  if (at >= 20 && tail.readUInt32LE(at - 20) === locator64Mark) {
    const record = Number(tail.readBigUInt64LE(at - 12));
    if (record + 56 > total) throw broken('its table of contents lies behind its end');
    const end64 = await readStretch(file, record, 56);
    if (end64.readUInt32LE(0) !== end64Mark) throw broken('its table of contents is damaged');
    size = Number(end64.readBigUInt64LE(40));
    start = Number(end64.readBigUInt64LE(48));
  }
  if (start + size > total) throw broken('its table of contents lies behind its end');
  const table = await readStretch(file, start, size);
  const entries: ZipEntry[] = [];
  for (let p = 0; p + 46 <= table.length;) {
    if (table.readUInt32LE(p) !== entryMark) throw broken('its table of contents is damaged');
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((o) => table.readUInt16LE(p + o)) as [
      number,
      number,
      number,
    ];
    const name = table.toString('utf8', p + 46, p + 46 + nameLength);
    const extra = table.subarray(p + 46 + nameLength, p + 46 + nameLength + extraLength);
    const [full, local] = longSizes(
      extra,
      [table.readUInt32LE(p + 24), table.readUInt32LE(p + 20)],
      table.readUInt32LE(p + 42),
    );
    if (table.readUInt16LE(p + 10) !== 0) throw broken(`"${name}" in it is compressed, which torch.save never does`);
    const head = local + 30 <= total ? await readStretch(file, local, 30) : Buffer.alloc(30);
    if (head.readUInt32LE(0) !== localMark) throw broken(`"${name}" in it does not lie where the table says`);
    const offset = local + 30 + head.readUInt16LE(26) + head.readUInt16LE(28);
    if (offset + full > total) throw broken(`cut short: "${name}" in it ends at byte ${offset + full} of ${total}`);
    entries.push({ name, offset, size: full });
    p += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}

/**
 * Sizes that do not fit into four bytes stand in the extra field 1, in a fixed order, where the short ones are unset.
 */
function longSizes(extra: Buffer, [full, packed]: readonly [number, number], local: number): [number, number] {
  for (let p = 0; p + 4 <= extra.length;) {
    const length = extra.readUInt16LE(p + 2);
    if (extra.readUInt16LE(p) === 1) {
      let at = p + 4;
      const next = (short: number): number => {
        if (short !== unset || at + 8 > p + 4 + length) return short;
        at += 8;
        return Number(extra.readBigUInt64LE(at - 8));
      };
      const size = next(full);
      next(packed);
      return [size, next(local)];
    }
    p += 4 + length;
  }
  return [full, local];
}
