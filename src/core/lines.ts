// A text file in, its lines out, one at a time and in bounded memory: the one reader of lines. Lines end at LF or CRLF
// and at nothing else (Node's readline also ends them at U+2028 and U+2029 since Node
// 24, which text and names may hold).
import { constants } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { AsrError } from './errors.js';
import { refuseLfsPointer, refuseUnfetched } from './lfs-pointer.js';

/** Characters; V8 holds no longer string. */
const longestLine = constants.MAX_STRING_LENGTH;

export interface LineOptions {
  /** Characters beyond which a line is refused. */
  readonly longest?: number;
  /** Bytes [start, end) of the file, which begin and end with a line. */
  readonly bytes?: readonly [start: number, end: number] | undefined;
}

/**
 * Lines of a UTF-8 text file, without their ends and without a byte order mark; a name that ends in .gz is unpacked.
 * `-` is stdin. Bytes that are not UTF-8 come as U+FFFD (`notUtf8`).
 * @throws AsrError 'input' when a packed file is damaged, a line is too long, all lines end at CR alone, or a Git LFS
 * pointer stands in the file's place
 */
export async function* readLines(
  path: string,
  { longest = longestLine, bytes }: LineOptions = {},
): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let number = 0;
  let rest = '';
  const checked = (part: string): string => {
    if (rest.length + part.length > longest) throw tooLong(path, number + 1, longest);
    return rest + part;
  };
  for await (const chunk of bytesOf(path, bytes)) {
    let text = decoder.write(chunk);
    if (number === 0 && rest === '') refuseLfsPointer(text, path, 'input');
    if (number === 0 && rest === '' && text.startsWith('\uFEFF')) text = text.slice(1);
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const line = checked(text.slice(start, end));
      rest = '';
      start = end + 1;
      number++;
      yield line.endsWith('\r') ? line.slice(0, -1) : line;
    }
    rest = checked(text.slice(start));
  }
  rest = checked(decoder.end());
  if (rest.endsWith('\r')) rest = rest.slice(0, -1);
  if (number === 0 && rest.includes('\r')) throw oldLineEnds(path);
  if (rest !== '') yield rest;
}

/** The name under which `readLines` reads stdin. */
export const standardInput = '-';

async function* bytesOf(path: string, bytes: LineOptions['bytes']): AsyncGenerator<Buffer> {
  if (bytes?.[0] === bytes?.[1] && bytes !== undefined) return;
  const place = bytes && { start: bytes[0], end: bytes[1] - 1 };
  const file = path === standardInput ? process.stdin : createReadStream(path, place);
  const unpacked = path.endsWith('.gz') ? file.pipe(createGunzip()) : undefined;
  // An error of the file does not pass through the pipe by itself.
  file.once('error', (error: Error) => unpacked?.destroy(error));
  try {
    for await (const chunk of unpacked ?? file) yield chunk as Buffer;
  } catch (thrown) {
    const error = thrown as NodeJS.ErrnoException;
    if (error.code?.startsWith('Z_')) {
      await refuseUnfetched(path, 'input');
      throw new AsrError('input', `${path}: damaged gzip file (${error.message})`, 'Pack or copy it again.', error);
    }
    throw Object.assign(error, { path }); // a failed read, unlike a failed open, does not say of what
  } finally {
    file.destroy();
  }
}

export interface PlacedLine {
  readonly text: string;
  /** Bytes [start, end) of the file, the line's end included. */
  readonly start: number;
  readonly end: number;
}

/** Lines of a file that the program wrote, ended by LF alone, with their places in it. */
export async function* placedLines(path: string): AsyncGenerator<PlacedLine> {
  let rest: Buffer = Buffer.alloc(0);
  let at = 0;
  for await (const chunk of bytesOf(path, undefined)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, from)) {
      yield { text: bytes.toString('utf8', from, end), start: at + from, end: at + end + 1 };
      from = end + 1;
    }
    rest = bytes.subarray(from);
    at += from;
  }
  if (rest.length > 0) yield { text: rest.toString('utf8'), start: at, end: at + rest.length };
}
const lineFeed = 10;

/** Whether a line was read from bytes that are no UTF-8, or holds what an earlier wrong conversion left. */
export const notUtf8 = (line: string): boolean => line.includes('\uFFFD');

function tooLong(path: string, line: number, longest: number): AsrError {
  return new AsrError(
    'input',
    `${path}, line ${line}: longer than ${longest} characters`,
    'Divide it into lines: one sentence, record or entry each.',
  );
}

/** A text of which no line would end, were it not refused. */
const oldLineEnds = (path: string): AsrError =>
  new AsrError(
    'input',
    `${path}, line 1: its lines end at a carriage return alone, as on old Macs`,
    "Save it with line feeds, for instance by tr '\\r' '\\n'.",
  );

/** What stands before the first blank of a line, and what follows without blanks around it. */
export function idAndRest(line: string): [id: string, rest: string] {
  const end = line.search(/\s/u);
  return end < 0 ? [line, ''] : [line.slice(0, end), line.slice(end).trim()];
}
