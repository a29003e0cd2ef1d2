// The emission model of a phone HMM: frames in, one row per phone of the most likely path out. Two equal phones in a
// row get one frame of silence between them, so that decoding does not take them for one.
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { readShapedNpy, writeNpy } from '../core/npy.js';
import type { Compute } from '../core/stage.js';
import { createGaussianScorer, type GaussianScorer } from '../hmm/gaussians.js';
import { bigramGraph } from '../search/phone-graph.js';
import type { Hmm } from '../hmm/train.js';
import { createHmmViterbi, type PhonePath } from '../hmm/viterbi.js';
import { impossible, mostPhones, type Emission, type EmissionModel, type StateScores } from './emission-model.js';

export const hmmSchema = z.object({
  kind: z.literal('hmm'),
  /** States per phone, values per frame. */
  chain: z.number().int().positive().max(100),
  dim: z.number().int().positive().max(65_536),
  stay: z.number().min(0).lt(1),
  acousticScale: z.number().positive().max(1000),
  phones: z.array(z.string().min(1)).min(2).max(mostPhones),
  silence: z.string(),
  /** Silence has states of its own. */
  silent: z.boolean().optional(),
});
export type HmmRecord = z.infer<typeof hmmSchema>;

/**
 * gaussians.npy [2 x states, dim]: means, then variances; bigram.npy [V + 2, V]: first phone, last phone, next phone.
 */
export const hmmFiles = { gaussians: 'gaussians.npy', bigram: 'bigram.npy' } as const;

export async function saveHmmArrays(folder: string, { topology, gaussians }: Hmm): Promise<void> {
  const { phones, bigram } = topology;
  await writeNpy(join(folder, hmmFiles.gaussians), Float32Array.of(...gaussians.means, ...gaussians.variances), [
    2 * gaussians.states,
    gaussians.dim,
  ]);
  await writeNpy(join(folder, hmmFiles.bigram), Float32Array.of(...bigram.initial, ...bigram.final, ...bigram.next), [
    phones + 2,
    phones,
  ]);
}

/** @throws AsrError 'input' when the arrays do not fit the record */
export async function loadHmm(
  folder: string,
  { phones, chain: statesPerPhone, dim, stay, acousticScale, silent }: HmmRecord,
): Promise<Hmm> {
  const spoken = phones.length - (silent === true ? 0 : 1);
  const states = spoken * statesPerPhone;
  const parameters = await readShapedNpy(join(folder, hmmFiles.gaussians), [2 * states, dim]);
  const table = Float64Array.from(await readShapedNpy(join(folder, hmmFiles.bigram), [spoken + 2, spoken]));
  return {
    topology: {
      phones: spoken,
      statesPerPhone,
      states,
      stay,
      bigram: {
        initial: table.slice(0, spoken),
        final: table.slice(spoken, 2 * spoken),
        next: table.slice(2 * spoken),
      },
    },
    gaussians: { states, dim, means: parameters.slice(0, states * dim), variances: parameters.slice(states * dim) },
    acousticScale,
  };
}

/**
 * No path is dropped: a bigram's graph is small, and what is heard must not depend on which path was ahead in between.
 */
const exact = 0;

export async function hmmModel(
  hmm: Hmm,
  symbols: { phones: readonly string[]; silence: string },
  compute: Compute,
): Promise<EmissionModel> {
  return hmmEmission({ ...hmm, dim: hmm.gaussians.dim }, symbols, await createGaussianScorer(hmm.gaussians, compute));
}

/** @param scorer of its Gaussians, wherever they are computed */
export function hmmEmission(
  { topology, dim, acousticScale }: Pick<Hmm, 'topology' | 'acousticScale'> & { readonly dim: number },
  { phones, silence }: { phones: readonly string[]; silence: string },
  scorer: Pick<GaussianScorer, 'score' | 'dispose'>,
): EmissionModel {
  const decode = createHmmViterbi(bigramGraph(topology.bigram), { ...topology, acousticScale, beam: exact });
  return {
    phones,
    silence,
    needsFrames: true,
    emit: async ({ frames }) => {
      if (frames?.dim !== dim) {
        throw new AsrError(
          'input',
          `emission: an HMM over frames of ${dim} values was given ` +
            (frames ? `frames of ${frames.dim}` : 'no frames'),
          'The features must be made with the settings that the model was trained on.',
        );
      }
      const scores = await scorer.score(frames.data, frames.rows);
      return whenAsked(() => pathEmission(decode(scores, frames.rows), phones.length), {
        logDensities: scores,
        frames: frames.rows,
        columns: topology.phones,
        statesPerPhone: topology.statesPerPhone,
        stay: topology.stay,
        acousticScale,
        ...(topology.phones === phones.length ? { silence: phones.length - 1 } : {}),
      });
    },
    dispose: () => scorer.dispose(),
  };
}

/** A search over the states does without the model's own path, which costs about as much as that search. */
function whenAsked(path: () => Emission, states: StateScores): Emission {
  let found: Emission | undefined;
  const own = (): Emission => (found ??= path());
  return {
    get logProbs() {
      return own().logProbs;
    },
    get rows() {
      return own().rows;
    },
    get ends() {
      return own().ends;
    },
    states,
  };
}

/** @param width columns; silence is the last */
export function pathEmission({ phones, ends }: PhonePath, width: number): Emission {
  const rows: { symbol: number; end: number }[] = [];
  phones.forEach((symbol, i) => {
    const end = ends[i]!;
    if (symbol !== phones[i + 1]) rows.push({ symbol, end });
    else rows.push({ symbol, end: end - 1 }, { symbol: width - 1, end });
  });
  const logProbs = new Float32Array(rows.length * width).fill(impossible);
  rows.forEach(({ symbol }, row) => {
    logProbs[row * width + symbol] = 0;
  });
  return { logProbs, rows: rows.length, ends: Int32Array.from(rows, ({ end }) => end) };
}
