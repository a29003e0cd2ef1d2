// Word vectors: a text file (`word number …` a line, as word2vec and fastText write it) or a .npy in, unit vectors
// around their mean out. Lines are taken to stand in order of frequency, as those tools write them.
import { existsSync } from 'node:fs';
import { AsrError } from '../core/errors.js';
import { readLines } from '../core/jsonl.js';
import { readFloatNpy } from '../core/npy.js';

export interface Embeddings {
  /** N, most frequent first. */
  readonly words: readonly string[];
  readonly dim: number;
  /** [N, dim] */
  readonly data: Float32Array;
}

/**
 * @param limit words kept, from the top
 * @param onBad told of every line that is left out
 * @throws AsrError 'input' when the file holds fewer than two vectors
 */
export async function readEmbeddings(
  path: string,
  limit: number,
  onBad: (line: string, reason: string) => Promise<void>,
): Promise<Embeddings> {
  const read = path.endsWith('.npy') ? await readArray(path, limit) : await readText(path, limit, onBad);
  if (read.words.length < 2)
    throw new AsrError(
      'input',
      `${path}: ${read.words.length} usable vectors, expected at least 2`,
      'Expected `word number number …` a line (word2vec or fastText text format), or a .npy of ' +
        '[words, dimensions] with NAME.words beside it.',
    );
  return read;
}

/** Names stand in NAME.words, one a line; without it rows are named by their number, from 0. */
async function readArray(path: string, limit: number): Promise<Embeddings> {
  const { shape, data } = await readFloatNpy(path);
  const [rows = 0, dim = 0] = shape;
  if (shape.length !== 2) throw new AsrError('input', `${path}: shape [${shape.join()}], expected [words, dimensions]`);
  const broken = data.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0)
    throw new AsrError('input', `${path}: row ${Math.floor(broken / dim)} holds a value that is not finite`);
  const names = path.replace(/\.npy$/, '.words');
  let words = Array.from({ length: rows }, (_, i) => String(i));
  if (existsSync(names)) {
    words = [];
    for await (const line of readLines(names)) if (line.trim() !== '') words.push(line.trim());
    if (words.length !== rows)
      throw new AsrError(
        'input',
        `${names}: ${words.length} names, ${path} has ${rows} rows`,
        'One name a line, in the order of the rows.',
      );
  }
  const kept = Math.min(rows, limit);
  return { words: words.slice(0, kept), dim, data: data.slice(0, kept * dim) };
}

async function readText(
  path: string,
  limit: number,
  onBad: (line: string, reason: string) => Promise<void>,
): Promise<Embeddings> {
  const words: string[] = [];
  const seen = new Set<string>();
  const rows: Float32Array[] = [];
  let number = 0;
  for await (const line of readLines(path)) {
    number++;
    const fields = line.trimEnd().split(/[ \t]+/);
    // word2vec's first line: words, dimensions
    if (line.trim() === '' || (number === 1 && fields.length === 2)) continue;
    const [word = '', ...numbers] = fields;
    const row = Float32Array.from(numbers, Number);
    const dim = rows[0]?.length ?? row.length;
    const reason =
      row.length === 0 || row.length !== dim
        ? `${row.length} numbers, the first word has ${dim}`
        : !row.every(Number.isFinite)
          ? 'a value is no finite number'
          : word === ''
            ? 'no word'
            : seen.has(word)
              ? `"${word}" stands above already`
              : undefined;
    if (reason !== undefined) {
      await onBad(`${path}, line ${number}`, reason);
      continue;
    }
    words.push(word);
    seen.add(word);
    rows.push(row);
    if (words.length === limit) break;
  }
  const dim = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * dim);
  rows.forEach((row, i) => {
    data.set(row, i * dim);
  });
  return { words, dim, data };
}

/** Unit length, mean taken off, unit length again (Artetxe et al., 2018): a new array. A row of zeros stays one. */
export function normalised({ data, dim }: Pick<Embeddings, 'data' | 'dim'>): Float32Array {
  const out = unitRows(data, dim);
  const mean = new Float64Array(dim);
  out.forEach((value, i) => {
    mean[i % dim]! += (value * dim) / out.length;
  });
  return unitRows(
    out.map((value, i) => value - mean[i % dim]!),
    dim,
  );
}

export function unitRows(data: Float32Array, dim: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += dim) {
    const row = data.subarray(at, at + dim);
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (norm > 0)
      row.forEach((value, i) => {
        out[at + i] = value / norm;
      });
  }
  return out;
}
