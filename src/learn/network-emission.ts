// The emission model that synthetic speech bootstrapped, a network with Gaussians beside it: frames in, its own
// best phones and the scores of all phones every 20 ms out. All its numbers are one array on disk.
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import type { Compute } from '../core/stage.js';
import { createFrameScorer, type FrameScorer, type AcousticModel } from '../bootstrap/acoustic-model.js';
import { rowEnds, strideOf, type NetworkShape } from '../bootstrap/network.js';
import {
  loadArrays,
  networkLayout,
  networkOf,
  networkParts,
  saveArrays,
  type ArrayLayout,
} from '../bootstrap/network-arrays.js';
import { createNetworkRunner, type NetworkRunner } from '../bootstrap/posteriors.js';
import { createSearch, phoneGraph, type FoundPath } from '../bootstrap/search.js';
import { viewColumns } from '../bootstrap/view.js';
import { readLm, writeLm } from '../lm/lm-file.js';
import type { NgramModel } from '../lm/ngram.js';
import { impossible, mostPhones, type Emission, type EmissionModel } from './emission-model.js';

const count = z.number().int().positive().max(4096);
const weight = z.number().min(-1000).max(1000);
export const networkSchema = z.object({
  kind: z.literal('network'),
  bands: count,
  channels: count,
  layers: z.number().int().positive().max(100),
  kernel: z.number().int().positive().max(100),
  stride: z.union([z.literal(1), z.literal(2)]).default(2),
  input: z.enum(['bands', 'vectors']).default('bands'),
  priorWeight: weight,
  acousticScale: weight,
  insertion: weight,
  minRows: z.number().int().positive().max(100),
  beam: z.number().positive().max(10_000),
  /** Gaussians of a class, none where the network decides alone, and their weights against the network. */
  components: z.number().int().nonnegative().max(4096),
  mixtureScale: weight,
  networkWeight: weight,
  /** Phones a second that the insertion score was fitted to. */
  phonesPerSecond: z.number().positive().max(1000).optional(),
  phones: z.array(z.string().min(1)).min(2).max(mostPhones),
  silence: z.string(),
});
export type NetworkRecord = z.infer<typeof networkSchema>;

/**
 * network.npy: parameters in the order of their names, then mean and variance of each layer, then
 * the log mean posterior, then means, variances and log weights of the Gaussians, then mean and basis of their view of
 * frames that are no bands.
 */
export const networkFiles = { numbers: 'network.npy', lm: 'phone-lm.bin' } as const;

const shapeOf = ({ bands, channels, layers, kernel, stride, input, phones }: NetworkRecord): NetworkShape => ({
  stride,
  input,
  bands,
  channels,
  layers,
  kernel,
  classes: phones.length,
});

/** Names and sizes of the parts of network.npy. */
function layout(shape: NetworkShape, components: number): ArrayLayout {
  const gaussians = shape.classes * components;
  const columns = viewColumns(shape);
  return [
    ...networkLayout(shape),
    ['prior', shape.classes],
    ...(components > 0
      ? ([
          ['gaussian means', gaussians * columns],
          ['gaussian variances', gaussians * columns],
          ['gaussian weights', gaussians],
        ] as const)
      : []),
    ...(components > 0 && shape.input === 'vectors'
      ? ([
          ['view mean', shape.bands],
          ['view basis', shape.bands * columns],
        ] as const)
      : []),
  ];
}

export async function saveNetworkArrays(
  folder: string,
  { network, logPrior, mixtures, view }: AcousticModel,
  lm: NgramModel,
): Promise<void> {
  const parts = {
    ...networkParts(network),
    prior: logPrior,
    ...(mixtures && {
      'gaussian means': mixtures.gaussians.means,
      'gaussian variances': mixtures.gaussians.variances,
      'gaussian weights': Float32Array.from(mixtures.logWeights),
      ...(view && { 'view mean': view.mean, 'view basis': view.basis }),
    }),
  };
  await saveArrays(join(folder, networkFiles.numbers), layout(network.shape, mixtures?.components ?? 0), parts);
  await writeLm(join(folder, networkFiles.lm), lm);
}

/** @throws AsrError 'input' when the numbers do not fit the record */
export async function loadAcousticModel(folder: string, record: NetworkRecord): Promise<AcousticModel> {
  const shape = shapeOf(record);
  const parts = await loadArrays(join(folder, networkFiles.numbers), layout(shape, record.components));
  const alone = { network: networkOf(shape, parts), logPrior: parts['prior'] as Float32Array };
  if (record.components === 0) return alone;
  const gaussians = {
    states: shape.classes * record.components,
    dim: viewColumns(shape),
    means: parts['gaussian means'] as Float32Array,
    variances: parts['gaussian variances'] as Float32Array,
  };
  return {
    ...alone,
    ...(shape.input === 'vectors'
      ? {
          view: {
            columns: shape.bands,
            components: viewColumns(shape),
            mean: parts['view mean'] as Float32Array,
            basis: parts['view basis'] as Float32Array,
          },
        }
      : {}),
    mixtures: {
      classes: shape.classes,
      components: record.components,
      gaussians,
      logWeights: Float64Array.from(parts['gaussian weights'] as Float32Array),
    },
  };
}

export async function networkModel(folder: string, record: NetworkRecord, compute: Compute): Promise<EmissionModel> {
  const acoustics = await loadAcousticModel(folder, record);
  const lm = await readLm(join(folder, networkFiles.lm));
  const scorer = await createFrameScorer(acoustics, record, compute);
  return networkEmission(record, lm, scorer, createNetworkRunner(acoustics.network, compute));
}

/** @param scorer, runner of its Gaussians and its network, wherever they are computed */
export function networkEmission(
  record: NetworkRecord,
  lm: NgramModel,
  scorer: FrameScorer,
  runner: NetworkRunner,
): EmissionModel {
  const { phones, silence, bands, minRows, phonesPerSecond } = record;
  const search = createSearch(phoneGraph(lm, phones.slice(0, -1)), record);
  return {
    phones,
    silence,
    needsFrames: true,
    ...(phonesPerSecond === undefined ? {} : { phonesPerSecond }),
    emit: async ({ frames }) => {
      if (frames?.dim !== bands) {
        throw new AsrError(
          'input',
          `emission: a network over frames of ${bands} ${record.input === 'bands' ? 'bands' : 'values'} was given ` +
            (frames ? `frames of ${frames.dim} values` : 'no frames'),
          'Set features as the model was trained.',
        );
      }
      const { logProbs, rows } = await runner.run(frames.data, frames.rows);
      const scores = await scorer.score(logProbs, frames.data, frames.rows);
      const ends = rowEnds(frames.rows, strideOf(record));
      return {
        ...bestPath(search(scores, rows), ends, phones.length),
        states: {
          logDensities: repeated(scores, minRows),
          frames: rows,
          columns: phones.length,
          statesPerPhone: minRows,
          stay: 0.5,
          acousticScale: 1,
          ends,
          silence: phones.length - 1,
        },
      };
    },
    dispose: async () => {
      await runner.dispose();
      await scorer.dispose();
    },
  };
}

/**
 * One row for each phone and each silence; between two equal phones stands a row of
 * silence, as decoding merges neighbours.
 */
function bestPath({ rows: path, starts }: FoundPath, ends: Int32Array, width: number): Emission {
  const silence = width - 1;
  const begins = new Set(starts);
  const found: { symbol: number; end: number }[] = [];
  path.forEach((symbol, row) => {
    const last = found.at(-1);
    const end = ends[row]!;
    if (last?.symbol === symbol && !(symbol !== silence && begins.has(row))) last.end = end;
    else {
      // The phone before gives its last frame away; it has more than one row.
      if (last?.symbol === symbol) found.push({ symbol: silence, end: last.end-- });
      found.push({ symbol, end });
    }
  });
  const logProbs = new Float32Array(found.length * width).fill(impossible);
  found.forEach(({ symbol }, i) => {
    logProbs[i * width + symbol] = 0;
  });
  return { logProbs, rows: found.length, ends: Int32Array.from(found, ({ end }) => end) };
}

/** Every column `statesPerPhone` times: its states all say the same. */
function repeated(scores: Float32Array, statesPerPhone: number): Float32Array {
  const wide = new Float32Array(scores.length * statesPerPhone);
  for (let i = 0; i < wide.length; i++) wide[i] = scores[Math.floor(i / statesPerPhone)]!;
  return wide;
}
