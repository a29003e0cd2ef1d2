// What `asr lm` does with files: sentences of a text, models written as ARPA or binary by their names, perplexity.
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { AsrError } from '../core/errors.js';
import { readLines } from '../core/jsonl.js';
import { arpaChunks } from './arpa.js';
import { estimatedArpa, estimatedParts, type EstimatedLm } from './estimated-model.js';
import { writeLm } from './lm-file.js';
import { unknownId, type NgramModel } from './ngram.js';
import { TextWriter } from '../core/text-writer.js';

/** Lines of a text as words; empty lines are no sentences. */
export async function* sentencesOf(path: string): AsyncGenerator<string[]> {
  for await (const line of readLines(path)) {
    const words = line
      .normalize('NFC')
      .split(/\s+/u)
      .filter((word) => word !== '');
    if (words.length > 0) yield words;
  }
}

const isBinary = (path: string): boolean => path.endsWith('.bin');

export async function writeEstimated(lm: EstimatedLm, path: string): Promise<void> {
  if (isBinary(path)) await writeLm(path, { parts: estimatedParts(lm) });
  else await writeText(path, estimatedArpa(lm));
}

export async function writeModel(model: NgramModel, path: string): Promise<void> {
  if (isBinary(path)) await writeLm(path, model);
  else await writeText(path, arpaChunks(model));
}

async function writeText(path: string, chunks: Iterable<string>): Promise<void> {
  if (path.endsWith('.gz')) return pipeline(Readable.from(inBlocks(chunks)), createGzip(), createWriteStream(path));
  await using writer = await TextWriter.create(path);
  for (const chunk of chunks) await writer.write(chunk);
  await writer.close();
}

/** Streams pass on one piece after the other: pieces of a line would take most of the time. */
function* inBlocks(chunks: Iterable<string>): Generator<string> {
  let block = '';
  for (const chunk of chunks) {
    block += chunk;
    if (block.length < 1 << 16) continue;
    yield block;
    block = '';
  }
  yield block;
}

export interface MeasuredPerplexity {
  /** Over all tokens and sentence ends. */
  readonly perplexity: number;
  /** The same, unknown words left out of sum and count. */
  readonly withoutUnknown: number;
  readonly sentences: number;
  readonly tokens: number;
  readonly unknown: number;
}

/** @throws AsrError 'input' without a sentence */
export async function measurePerplexity(
  lm: NgramModel,
  sentences: AsyncIterable<readonly string[]>,
): Promise<MeasuredPerplexity> {
  let [count, tokens, unknown, all, known] = [0, 0, 0, 0, 0];
  for await (const sentence of sentences) {
    count++;
    let state = lm.startState;
    for (const word of sentence) {
      const id = lm.id(word);
      const score = lm.score(state, id);
      state = lm.advance(state, id);
      tokens++;
      all += score;
      if (id === unknownId) unknown++;
      else known += score;
    }
    const end = lm.finish(state);
    all += end;
    known += end;
  }
  if (count === 0) throw new AsrError('input', 'the text holds no sentence', 'Give a text with one sentence a line.');
  return {
    perplexity: 10 ** (-all / (tokens + count)),
    withoutUnknown: 10 ** (-known / (tokens - unknown + count)),
    sentences: count,
    tokens,
    unknown,
  };
}
