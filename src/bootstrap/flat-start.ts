// Frames and their known phones in, which frame belongs to which phone out: HMMs of phones that start from equal
// lengths and learn from their own alignment, as Kaldi's monophones do. For references without times and for labelled
// speech.
import type { Log } from '../core/log.js';
import { giveWay } from '../core/event-loop.js';
import type { Compute } from '../core/stage.js';
import { alignPhones, type ForcedClassesOptions } from '../search/known-phones.js';
import { createMixtureScorer, trainMixtures, type LabelledRows, type Mixtures } from './mixtures.js';

/** What is said in an utterance: phones by number, silence not among them. */
export interface KnownUtterance {
  readonly id: string;
  readonly phones: readonly number[];
}

/** Frames by id; the first column is loudness. */
export interface KnownFrames {
  readonly columns: number | undefined;
  read(id: string): Promise<{ readonly data: Float32Array; readonly rows: number; readonly columns: number }>;
}

export interface FlatStartOptions {
  /** Different phones; silence is one more. */
  readonly phones: number;
  /** In the log, before the number of a pass. */
  readonly name: string;
  readonly compute: Compute;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

/** Passes with one Gaussian a state, from equal lengths on, and passes with several. */
const passes = { single: 7, mixed: 2 } as const;
const components = 4;
const mixturePasses = 2;
const varianceFloor = 0.05;
const statesPerPhone = 3;
const silenceCost = 4;

/** @returns by id, for each frame the place in `phones`, -1 for silence; utterances that do not fit are missing */
export async function alignKnown(
  items: readonly KnownUtterance[],
  frames: KnownFrames,
  { phones, name, compute, log, signal }: FlatStartOptions,
): Promise<Map<string, Int16Array>> {
  const classes = phones * statesPerPhone + 1;
  const path = { statesPerPhone, classes, silenceCost };
  const training = { classes, dim: frames.columns ?? 1, varianceFloor, passes: mixturePasses };
  let labels = new Map<string, Int16Array>();
  for (const { id, phones: own } of items) labels.set(id, equalLengths(await frames.read(id), own, classes));
  let positions = new Map<string, Int16Array>();
  for (let pass = 0; pass < passes.single + passes.mixed; pass++) {
    const model = await trainMixtures(() => labelledRows(items, frames, labels), {
      ...training,
      components: pass < passes.single ? 1 : components,
    });
    ({ labels, positions } = await align({ items, frames }, model, path, compute, signal));
    log.info(`${name}, pass ${pass + 1}: ${positions.size} of ${items.length} utterances`);
  }
  return positions;
}

/** To begin with: every phone as long as the others, and the softest frames silent. */
function equalLengths(
  { data, rows, columns }: { data: Float32Array; rows: number; columns: number },
  phones: readonly number[],
  classes: number,
): Int16Array {
  const loudness = Float32Array.from({ length: rows }, (_, t) => data[t * columns]!);
  const soft = [...loudness].sort((a, b) => a - b)[Math.floor(rows / 20)] ?? -Infinity;
  return Int16Array.from({ length: rows }, (_, t) => {
    if (loudness[t]! < soft) return classes - 1;
    const position = (t / rows) * phones.length;
    return phones[Math.floor(position)]! * statesPerPhone + Math.floor((position % 1) * statesPerPhone);
  });
}

async function* labelledRows(
  items: readonly KnownUtterance[],
  frames: KnownFrames,
  labels: ReadonlyMap<string, Int16Array>,
): AsyncGenerator<LabelledRows> {
  for (const { id } of items) {
    const own = labels.get(id);
    if (own) yield { data: (await frames.read(id)).data, labels: own };
  }
}

async function align(
  { items, frames }: { readonly items: readonly KnownUtterance[]; readonly frames: KnownFrames },
  model: Mixtures,
  path: ForcedClassesOptions,
  compute: Compute,
  signal: AbortSignal | undefined,
): Promise<{ labels: Map<string, Int16Array>; positions: Map<string, Int16Array> }> {
  const labels = new Map<string, Int16Array>();
  const positions = new Map<string, Int16Array>();
  const scorer = await createMixtureScorer(model, compute);
  try {
    for (const { id, phones } of items) {
      await giveWay(signal);
      const { data, rows } = await frames.read(id);
      const found = alignPhones(await scorer.score(data, rows), rows, phones, path);
      if (!found) continue;
      labels.set(id, found.classes);
      positions.set(id, found.positions);
    }
  } finally {
    await scorer.dispose();
  }
  return { labels, positions };
}
