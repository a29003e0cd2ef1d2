// What a finished run says about the training utterances: segments, a symbol for each, and what each symbol means in
// phones. For a table the symbols are units and the meaning is soft; for other models they are phones themselves.
import { readJson } from '../core/jsonl.js';
import type { Compute } from '../core/stage.js';
import { held } from '../core/disposal.js';
import { z } from 'zod';
import type { SegmentedFrames } from '../hmm/train.js';
import { bestPhones } from './collapse.js';
import type { LearnCorpus } from './corpus.js';
import { loadEmission, type EmissionInput } from './emission.js';
import { join } from 'node:path';

export interface LabelledUtterance {
  readonly id: string;
  /** [segments] first frame after each segment. */
  readonly ends: Int32Array;
  /** [segments] rows of `meaning`. */
  readonly symbols: Int32Array;
}

export interface Labels {
  readonly utterances: readonly LabelledUtterance[];
  /** [symbols, V] probabilities of the matched phones; rows sum to 1. */
  readonly meaning: Float32Array;
}

const kindSchema = z.object({ kind: z.string() });

/**
 * Runs the emission model of a folder over the training utterances, as it is.
 * @throws AsrError as `loadEmission` does
 */
export async function labelsOf(folder: string, corpus: LearnCorpus, compute: Compute): Promise<Labels> {
  const { kind } = await readJson(join(folder, 'emission.json'), kindSchema);
  await using model = held(await loadEmission(folder, compute));
  const phones = corpus.matched;
  if (kind === 'table') {
    // One row for each unit, read out by an utterance that says every unit once.
    const every = Int32Array.from({ length: corpus.unitCount }, (_, unit) => unit);
    const { logProbs } = await model.emit({
      pooled: new Float32Array(0),
      segments: every.length,
      columns: 0,
      units: every,
      ends: every.map((unit) => unit + 1),
    });
    return {
      utterances: corpus.utterances.map(({ id, ends, units }) => ({ id, ends, symbols: units })),
      meaning: sharesOf(logProbs, corpus.phones.length, phones),
    };
  }
  const utterances: LabelledUtterance[] = [];
  for (const utterance of corpus.utterances) {
    const { logProbs, ends } = await model.emit(
      await emissionInput(corpus, utterance.id, utterance, model.needsFrames),
    );
    utterances.push({
      id: utterance.id,
      ...withoutSilence(bestPhones(logProbs, corpus.phones.length), ends, phones),
    }); // a matched silence stays
  }
  return { utterances, meaning: identity(phones) };
}

async function emissionInput(
  corpus: LearnCorpus,
  id: string,
  { units, ends }: { units: Int32Array; ends: Int32Array },
  needsFrames: boolean,
): Promise<EmissionInput> {
  if (needsFrames) {
    const { data, rows, columns } = await corpus.frames.read(id);
    return {
      pooled: new Float32Array(0),
      segments: units.length,
      columns: 0,
      units,
      ends,
      frames: { data, rows, dim: columns },
    };
  }
  const { data, rows, columns } = await corpus.pooled.read(id);
  return { pooled: data, segments: rows, columns, units, ends };
}

/** The frames of a silent row go to the phone before it, at the start to the one after it. */
export function withoutSilence(
  path: Int32Array,
  ends: Int32Array,
  silence: number,
): { symbols: Int32Array; ends: Int32Array } {
  const symbols: number[] = [];
  const kept: number[] = [];
  path.forEach((symbol, row) => {
    if (symbol !== silence) {
      symbols.push(symbol);
      kept.push(ends[row]!);
    } else if (kept.length > 0) kept[kept.length - 1] = ends[row]!;
  });
  return { symbols: Int32Array.from(symbols), ends: Int32Array.from(kept) };
}

/** Probabilities of the first columns, [rows, width] logs -> [rows, V]. */
function sharesOf(logProbs: Float32Array, width: number, phones: number): Float32Array {
  const rows = logProbs.length / width;
  const shares = new Float32Array(rows * phones);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let v = 0; v < phones; v++) sum += shares[row * phones + v] = Math.exp(logProbs[row * width + v]!);
    for (let v = 0; v < phones; v++) shares[row * phones + v]! /= sum;
  }
  return shares;
}

/** Symbols that are phones themselves. */
export function identity(size: number): Float32Array {
  const table = new Float32Array(size * size);
  for (let v = 0; v < size; v++) table[v * size + v] = 1;
  return table;
}

/** The same labels with all of each symbol's probability on its best phone. */
export function bestLabels({ utterances, meaning }: Labels, phones: number): Labels {
  const table = new Float32Array(meaning.length);
  bestPhones(meaning, phones).forEach((phone, symbol) => {
    table[symbol * phones + phone] = 1;
  });
  return { utterances, meaning: table };
}

/** Frames with the phone probabilities of their segments, one utterance after the other, for training an HMM. */
export async function* labelledFrames(
  corpus: LearnCorpus,
  { utterances, meaning }: Labels,
): AsyncGenerator<SegmentedFrames> {
  const phones = corpus.matched;
  for (const { id, ends, symbols } of utterances) {
    const { data, rows } = await corpus.frames.read(id);
    const posteriors = new Float32Array(symbols.length * phones);
    symbols.forEach((symbol, i) => {
      posteriors.set(meaning.subarray(symbol * phones, (symbol + 1) * phones), i * phones);
    });
    yield { frames: data, rows, ends, posteriors };
  }
}
