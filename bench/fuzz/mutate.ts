// Damage: a good file in, one that no program wrote out. Bytes, lines, numbers in text and values
// in JSON, as the random stream says.
import type { Rng } from '../../src/core/rng.js';

/** How inputs are damaged, or (to see that the good ones are good) left as they are. */
export interface Damage {
  bytes(good: Buffer, rng: Rng): Buffer;
  text(good: string, rng: Rng): Buffer;
  json(good: unknown, rng: Rng): unknown;
}

export const damaged: Damage = { bytes: damagedBytes, text: damagedText, json: damagedJson };
export const unharmed: Damage = { bytes: (good) => good, text: (good) => Buffer.from(good), json: (good) => good };

const pick = <T>(rng: Rng, items: readonly T[]): T => items[rng.integer(items.length)]!;

const oddBytes = [0, 1, 7, 9, 10, 13, 32, 34, 44, 47, 92, 127, 128, 192, 254, 255];
const oddWords = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 24, 65_535, 1_000_000, 0x7fc00000, 0x7f800000];

/**
 * One to six changes: flipped bytes, odd 32-bit words, pieces cut out, doubled, moved or written over; or a cut end.
 */
function damagedBytes(good: Buffer, rng: Rng): Buffer {
  let bytes = Buffer.from(good);
  const changes = 1 + rng.integer(6);
  for (let n = 0; n < changes && bytes.length > 0; n++) {
    // Headers decide more than what follows them.
    const reach = Math.min(bytes.length, [64, 256, 4096, Infinity][rng.integer(4)]!);
    const at = rng.integer(reach);
    const length = Math.min(bytes.length - at, 1 + rng.integer(rng.uniform() < 0.8 ? 8 : 4096));
    switch (rng.integer(8)) {
      case 0:
        bytes[at] = bytes[at]! ^ (1 << rng.integer(8));
        break;
      case 1:
        bytes[at] = pick(rng, oddBytes);
        break;
      case 2:
        if (at + 4 <= bytes.length) bytes.writeInt32LE(pick(rng, oddWords) | 0, at);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
        break;
      case 5:
        bytes = Buffer.from(bytes.subarray(0, at));
        break;
      case 6:
        for (let i = 0; i < length; i++) bytes[at + i] = rng.integer(256);
        break;
      default:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(length, pick(rng, oddBytes)), bytes.subarray(at)]);
    }
  }
  return bytes;
}

const oddTokens = [
  '',
  ' ',
  '\t',
  '"',
  "'",
  '0',
  '-1',
  '1e9',
  '1e308',
  '-1e308',
  'NaN',
  'Infinity',
  '99999999999999999999',
  '0x10',
  '1,5',
  '\u2028',
  '\u0000',
  '\uFEFF',
  '\u0301',
  '💥',
  '..',
  '/',
  '../../../etc/passwd',
  '/dev/zero',
  '/dev/stdin',
  '\\',
  '{}',
  '[]',
  'null',
  '<unk>',
  '<s>',
  '</s>',
  '---',
  '|',
  '- ',
  '&a',
  '*a',
  '!!js/function',
  '#',
  '$HOME',
  '__proto__',
  'constructor',
  'a'.repeat(5000),
];

/** What shows a pattern whose time grows with the square of a line: of characters that patterns repeat over. */
const longRuns = [
  '[',
  '{',
  '- ',
  '? ',
  '&a ',
  '<',
  ' ',
  '\t',
  'a',
  '0',
  '(',
  ')',
  '"',
  '\\',
  ',',
  '|',
  '=',
  ':',
  '-',
  '.',
  '/',
  'a ',
  '( ',
  "'",
];
const longRun = (rng: Rng): string => {
  const unit = pick(rng, longRuns);
  return unit.repeat(Math.floor(400_000 / unit.length)) + pick(rng, ['', 'x', '\n', ')', '"']);
};

/** Lines doubled, moved, cut and joined; words replaced by odd ones; sometimes bytes as well. */
function damagedText(good: string, rng: Rng): Buffer {
  let lines = good.split('\n');
  const changes = 1 + rng.integer(5);
  for (let n = 0; n < changes; n++) {
    const at = rng.integer(lines.length);
    const line = lines[at]!;
    switch (rng.integer(7)) {
      case 0:
        lines.splice(at, 1);
        break;
      case 1:
        lines.splice(rng.integer(lines.length + 1), 0, line);
        break;
      case 2:
        lines[at] = line.slice(0, rng.integer(line.length + 1));
        break;
      case 3:
        lines[at] = withOddWord(line, rng);
        break;
      case 4:
        lines[at] = withOddWord(withOddWord(line, rng), rng);
        break;
      case 5:
        lines[at] = line + pick(rng, oddTokens) + line;
        break;
      default:
        lines = [...lines.slice(0, at), lines.slice(at, at + 2).join(pick(rng, ['', '\r', '\u2028', ' ']))].concat(
          lines.slice(at + 2),
        );
    }
    if (lines.length === 0) lines = [''];
  }
  const text = Buffer.from(lines.join(rng.uniform() < 0.1 ? '\r\n' : '\n'), 'utf8');
  return rng.uniform() < 0.15 ? damagedBytes(text, rng) : text;
}

function withOddWord(line: string, rng: Rng): string {
  const words = line.split(/(?<=[\s,:;|=()[\]{}"])/);
  const at = rng.integer(words.length);
  words[at] = rng.uniform() < 0.08 ? words[at]! + longRun(rng) : pick(rng, oddTokens) + pick(rng, ['', ' ', '\t']);
  return words.join('');
}

const oddValues: readonly unknown[] = [
  null,
  true,
  '',
  'x',
  0,
  -1,
  0.5,
  1e6,
  1e9,
  2 ** 31,
  1e15,
  1e300,
  -1e300,
  [],
  {},
  [[]],
  [null],
  'a'.repeat(5000),
  '/etc/passwd',
  '../..',
];

/** A JSON value with one to three of the values inside replaced, left out or doubled. */
function damagedJson(good: unknown, rng: Rng): unknown {
  const value: unknown = structuredClone(good);
  const changes = 1 + rng.integer(3);
  for (let n = 0; n < changes; n++) {
    const places = placesIn(value);
    // A copy: what is changed next may lie inside it.
    const odd = structuredClone(pick(rng, oddValues));
    if (places.length === 0) return odd;
    const { holder, key } = pick(rng, places);
    const own = holder as Record<string, unknown>;
    const old = own[key];
    if (rng.uniform() < 0.15 && !Array.isArray(holder)) Reflect.deleteProperty(own, key);
    else if (typeof old === 'number' && rng.uniform() < 0.7)
      own[key] = pick(rng, [old + 1, old - 1, old * 2, old * 1000, -old, old / 3, 0, 1e6, 1e9]);
    else if (typeof old === 'string' && rng.uniform() < 0.3) own[key] = pick(rng, oddTokens);
    else own[key] = odd;
  }
  return value;
}

function placesIn(value: unknown): { holder: object; key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [{ holder: value, key }, ...placesIn(inner)]);
}
