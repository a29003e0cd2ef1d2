// N-gram LMs as ARPA text, the format that KenLM, SRILM and Kaldi read and write: log10 probability, the n-gram,
// log10 backoff weight, separated by tabs, one section an order.
import { AsrError } from '../core/errors.js';
import { readLines } from '../core/jsonl.js';
import { shortened } from '../core/shown.js';
import { NgramTrie, rootNode } from './ngram-trie.js';
import { endId, endSymbol, NgramModel, startId, startSymbol, unknownId, unknownSymbol } from './ngram.js';

/** The model as ARPA, piece by piece; sections in order of length, n-grams in order of first appearance. */
export function* arpaChunks(model: NgramModel): Generator<string> {
  const { trie, logProb, backoff, symbols, order } = model.parts;
  const nodes: number[][] = Array.from({ length: order + 1 }, () => []);
  for (let node = 1; node < trie.size; node++) nodes[trie.length[node] as number]?.push(node);
  yield `\\data\\\n${nodes
    .slice(1)
    .map((list, i) => `ngram ${i + 1}=${list.length}\n`)
    .join('')}`;
  for (let length = 1; length <= order; length++) {
    yield `\n\\${length}-grams:\n`;
    for (const node of nodes[length] as number[]) {
      const words = trie
        .symbolsOf(node)
        .map((id) => symbols[id])
        .join(' ');
      const weight =
        length < order && trie.symbol[node] !== endId && (trie.symbol[node] !== unknownId || backoff[node] !== 0)
          ? `\t${arpaNumber(backoff[node] as number)}`
          : '';
      yield `${arpaNumber(logProb[node] as number)}\t${words}${weight}\n`;
    }
  }
  yield '\n\\end\\\n';
}

/** A number as ARPA files have it: seven digits behind the point. */
export const arpaNumber = (value: number): string => String(Number(value.toFixed(7)));

export function toArpa(model: NgramModel): string {
  return [...arpaChunks(model)].join('');
}

/** @param where named in errors. @throws AsrError 'input' with the line's number for anything malformed */
export function fromArpa(text: string, where = 'ARPA'): NgramModel {
  const reader = new ArpaReader(where);
  for (const line of text.split('\n')) reader.line(line);
  return reader.finish();
}

/** @throws AsrError 'input' with file and line number for anything malformed, 'io' when it cannot be read */
export async function readArpa(path: string): Promise<NgramModel> {
  const reader = new ArpaReader(path);
  for await (const line of readLines(path)) reader.line(line);
  return reader.finish();
}

/** Log10: pruning leaves weights a little above 0. */
const mostBackoff = 10;

const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t';

/** By hand: a pattern that ends in blanks would look at each run of them from each of its places. */
function trimBlanks(line: string): string {
  let start = 0;
  let end = line.length;
  while (start < end && isBlank(line[start])) start++;
  while (end > start && (isBlank(line[end - 1]) || line[end - 1] === '\r')) end--;
  return line.slice(start, end);
}

class ArpaReader {
  readonly #where: string;
  #number = 0;
  /** The section: -1 before \data\, 0 in it, n in the n-grams, Infinity after \end\. */
  #section = -1;
  /** Declared n-grams by length, and how many were read. */
  readonly #declared: number[] = [0];
  readonly #read: number[] = [0];
  readonly #trie = new NgramTrie();
  readonly #ids = new Map<string, number>([
    [unknownSymbol, unknownId],
    [startSymbol, startId],
    [endSymbol, endId],
  ]);
  readonly #logProb: number[] = [0];
  /** NaN where the line has none, which only n-grams that begin no longer one may do. */
  readonly #backoff: number[] = [0];

  constructor(where: string) {
    this.#where = where;
  }

  line(raw: string): void {
    this.#number++;
    // Words may hold other white space: a no-break space, for instance.
    const line = trimBlanks(raw);
    if (line === '' || this.#section === Infinity) return;
    if (this.#section === -1) {
      if (line === '\\data\\') this.#section = 0;
      return;
    }
    if (line.startsWith('\\') && (line === '\\end\\' || /^\\\d+-grams:$/u.test(line))) this.#startSection(line);
    else if (this.#section === 0) this.#declare(line);
    else this.#ngram(line);
  }

  #startSection(line: string): void {
    this.#checkCount();
    const next = line === '\\end\\' ? Infinity : Number.parseInt(line.slice(1), 10);
    const order = this.#declared.length - 1;
    if (next === Infinity ? this.#section !== order : next !== this.#section + 1 || next > order) {
      throw this.#error(
        `"${line}" after ${this.#section === 0 ? '\\data\\' : `the ${this.#section}-grams`}, with orders up to ` +
          `${order} declared`,
      );
    }
    this.#section = next;
  }

  #checkCount(): void {
    const length = this.#section;
    if (length > 0 && this.#read[length] !== this.#declared[length]) {
      throw this.#error(`${this.#declared[length]} ${length}-grams declared, ${this.#read[length]} found`);
    }
  }

  #declare(line: string): void {
    const match = /^ngram\s+(\d+)\s*=\s*(\d+)$/u.exec(line);
    if (!match || Number(match[1]) !== this.#declared.length)
      throw this.#error(`expected "ngram ${this.#declared.length}=<count>", found "${line}"`);
    this.#declared.push(Number(match[2]));
    this.#read.push(0);
  }

  #ngram(line: string): void {
    const length = this.#section;
    // Some toolkits write it in capitals, wherever it stands.
    const fields = line.split(/[ \t]+/u).map((field) => (field === '<UNK>' ? unknownSymbol : field));
    if (fields.length !== length + 1 && fields.length !== length + 2) {
      throw this.#error(
        `expected a probability, ${length} symbols and perhaps a backoff weight, found ${fields.length} fields`,
      );
    }
    const logProb = this.#parseNumber(fields[0] as string, 'log10 probability');
    if (logProb > 1e-4) throw this.#error(`log10 probability ${logProb} is above 0`);
    let context = rootNode;
    for (const symbol of fields.slice(1, length)) {
      context = this.#trie.find(context, this.#ids.get(symbol) ?? -2);
      if (context < 0)
        throw this.#error(
          `the beginning of "${fields.slice(1, length + 1).join(' ')}" is not among the ${length - 1}-grams`,
        );
    }
    if (context !== rootNode && Number.isNaN(this.#backoff[context])) {
      throw this.#error(`"${fields.slice(1, length).join(' ')}" begins longer n-grams, but has no backoff weight`);
    }
    const last = fields[length] as string;
    const id = length === 1 ? this.#newId(last) : this.#ids.get(last);
    if (id === undefined) throw this.#error(`"${last}" is not among the 1-grams`);
    if (this.#trie.find(context, id) >= 0)
      throw this.#error(`"${fields.slice(1, length + 1).join(' ')}" appears twice`);
    const node = this.#trie.add(context, id);
    this.#logProb[node] = logProb;
    this.#backoff[node] =
      fields.length === length + 2 ? this.#parseNumber(fields[length + 1] as string, 'backoff weight') : NaN;
    if (this.#backoff[node] > mostBackoff)
      throw this.#error(`backoff weight ${this.#backoff[node]} is above ${mostBackoff}: probabilities would pass 1`);
    this.#read[length] = (this.#read[length] as number) + 1;
  }

  #newId(symbol: string): number {
    const known = this.#ids.get(symbol);
    if (known !== undefined) return known;
    this.#ids.set(symbol, this.#ids.size);
    return this.#ids.size - 1;
  }

  #parseNumber(text: string, what: string): number {
    const value = Number(text);
    if (text === '-inf') return -99;
    if (!Number.isFinite(value)) throw this.#error(`${what} "${text}" is no number`);
    return value;
  }

  finish(): NgramModel {
    if (this.#section !== Infinity)
      throw this.#error(this.#section === -1 ? 'no \\data\\ line' : 'the file ends before \\end\\');
    if (!this.#read[1]) throw this.#error('no 1-gram in it');
    this.#trie.linkSuffixes();
    return new NgramModel({
      order: this.#declared.length - 1,
      symbols: [...this.#ids.keys()],
      trie: this.#trie,
      logProb: Float64Array.from(this.#logProb),
      backoff: Float64Array.from(this.#backoff, (weight) => (Number.isNaN(weight) ? 0 : weight)),
    });
  }

  #error(found: string): AsrError {
    return new AsrError(
      'input',
      `${this.#where}, line ${this.#number}: ${shortened(found)}`,
      'The file is no ARPA language model or is cut short; write it again.',
    );
  }
}
