// A trained acoustic model of phones in context: how frames are mapped, which states are tied, their Gaussians and
// durations. In files: a record and two arrays.
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { readJson } from '../core/jsonl.js';
import { readFloatNpy, writeNpy } from '../core/npy.js';
import { writeFileDurably } from '../core/durable.js';
import { monophoneStates, treeStates, type DecisionTrees, type TiedStates } from './context.js';
import type { StateMixtures } from '../hmm/mixtures.js';
import type { FrameMap } from './splice.js';

export interface TriphoneModel {
  readonly tied: TiedStates;
  /** Absent where states do not depend on their neighbours. */
  readonly trees: DecisionTrees | undefined;
  readonly mixtures: StateMixtures;
  /** [modelled phones x statesPerPhone] probability of staying in a state. */
  readonly stay: Float64Array;
  readonly map: FrameMap;
  /** Trained on frames moved to a common speaker: others are to be moved by fMLLR before it hears them. */
  readonly adapted: boolean;
  /** Silences between phones over all places between phones. */
  readonly silenceShare: number;
}

const count = z.number().int().nonnegative();
const nodeSchema = z.union([
  z.object({ state: count }),
  z.object({ side: z.enum(['left', 'right']), question: count, yes: count, no: count }),
]);
const recordSchema = z.object({
  phones: count,
  chain: count,
  silence: z.boolean(),
  adapted: z.boolean(),
  silenceShare: z.number(),
  stay: z.array(z.number()),
  start: z.array(count),
  dim: count,
  frames: z.object({ statics: count, columns: count, context: count, mapped: z.boolean() }),
  trees: z
    .object({ questions: z.array(z.array(count)), nodes: z.array(nodeSchema), roots: z.array(count), count })
    .nullable(),
});

/**
 * mixtures.npy [Gaussians, 1 + 2 dim]: log weight, mean, variance; map.npy [dim,
 * spliced values] where frames are mapped.
 */
export const triphoneFiles = { record: 'triphone.json', mixtures: 'mixtures.npy', map: 'map.npy' } as const;

export async function saveTriphone(
  folder: string,
  { tied, trees, mixtures, stay, map, adapted, silenceShare }: TriphoneModel,
): Promise<void> {
  const { dim, start, logWeights, means, variances } = mixtures;
  const width = 1 + 2 * dim;
  const numbers = new Float32Array(logWeights.length * width);
  logWeights.forEach((weight, g) => {
    numbers[g * width] = weight;
    numbers.set(means.subarray(g * dim, (g + 1) * dim), g * width + 1);
    numbers.set(variances.subarray(g * dim, (g + 1) * dim), g * width + 1 + dim);
  });
  await writeNpy(join(folder, triphoneFiles.mixtures), numbers, [logWeights.length, width]);
  // Always there, so that a model's files are the same whatever it is; empty where frames are taken as they are.
  await writeNpy(
    join(folder, triphoneFiles.map),
    Float32Array.from(map.matrix ?? []),
    map.matrix ? [map.rows, map.matrix.length / map.rows] : [0],
  );
  const record: z.infer<typeof recordSchema> = {
    phones: tied.phones,
    chain: tied.statesPerPhone,
    silence: tied.silence,
    adapted,
    silenceShare,
    stay: [...stay],
    start: [...start],
    dim,
    frames: { statics: map.statics, columns: map.columns, context: map.context, mapped: map.matrix !== undefined },
    trees: trees
      ? {
          questions: trees.questions.map((question) => [...question]),
          nodes: [...trees.nodes],
          roots: [...trees.roots],
          count: trees.count,
        }
      : null,
  };
  await writeFileDurably(join(folder, triphoneFiles.record), `${JSON.stringify(record)}\n`);
}

/** @throws AsrError 'input' when its files are missing, damaged or do not belong together */
export async function loadTriphone(folder: string): Promise<TriphoneModel> {
  const record = await readJson(join(folder, triphoneFiles.record), recordSchema);
  const { phones, chain: statesPerPhone, silence, adapted, silenceShare, dim, frames } = record;
  const start = Int32Array.from(record.start);
  const gaussians = start.at(-1) ?? 0;
  const width = 1 + 2 * dim;
  const numbers = await read(join(folder, triphoneFiles.mixtures), gaussians * width);
  const mixtures = {
    dim,
    start,
    logWeights: new Float64Array(gaussians),
    means: new Float32Array(gaussians * dim),
    variances: new Float32Array(gaussians * dim),
  };
  for (let g = 0; g < gaussians; g++) {
    mixtures.logWeights[g] = numbers[g * width]!;
    mixtures.means.set(numbers.subarray(g * width + 1, g * width + 1 + dim), g * dim);
    mixtures.variances.set(numbers.subarray(g * width + 1 + dim, (g + 1) * width), g * dim);
  }
  const trees: DecisionTrees | undefined = record.trees
    ? { ...record.trees, questions: record.trees.questions.map((question) => Uint8Array.from(question)) }
    : undefined;
  const spliced = (2 * frames.context + 1) * frames.statics;
  const matrix = frames.mapped
    ? Float64Array.from(await read(join(folder, triphoneFiles.map), dim * spliced))
    : undefined;
  return {
    tied: trees ? treeStates(trees, phones, statesPerPhone, silence) : monophoneStates(phones, statesPerPhone, silence),
    trees,
    mixtures,
    stay: Float64Array.from(record.stay),
    adapted,
    silenceShare,
    map: { statics: frames.statics, columns: frames.columns, context: frames.context, rows: dim, matrix },
  };
}

async function read(path: string, expected: number): Promise<Float32Array> {
  const { data } = await readFloatNpy(path);
  if (data.length !== expected)
    throw new AsrError(
      'input',
      `${path}: expected ${expected} numbers, found ${data.length}`,
      'The files of this model do not belong together; make it again.',
    );
  return data;
}
