// The emission model of a network trained with CTC: log-mel frames in, log-probabilities of phones, silence and blank
// every 20 ms out. It hears frames of its own, whatever the features of the run are; their settings are in its
// record.
import { join } from 'node:path';
import { z } from 'zod';
import { rowEnds } from '../bootstrap/network.js';
import { loadArrays, networkLayout, networkOf, networkParts, saveArrays } from '../bootstrap/network-arrays.js';
import { createNetworkRunner, type NetworkRunner, type TrainedNetwork } from '../bootstrap/posteriors.js';
import { AsrError } from '../core/errors.js';
import type { Compute } from '../core/stage.js';
import type { EmissionModel } from './emission-model.js';

/** The blank of a CTC model, by name; a model without such a symbol has none. */
export const blankSymbol = '<blank>';

const size = (most: number): z.ZodNumber => z.number().int().positive().max(most);
export const ctcSchema = z.object({
  kind: z.literal('ctc'),
  bands: size(1024),
  channels: size(16_384),
  layers: size(256),
  kernel: size(1023),
  /** Silence and the blank are the last. */
  phones: z.array(z.string().min(1)).min(3).max(100_000),
  silence: z.string(),
});
export type CtcRecord = z.infer<typeof ctcSchema>;

/** ctc.npy: parameters in the order of their names, then mean and variance of each layer. */
export const ctcFiles = { numbers: 'ctc.npy' } as const;

export async function saveCtcArrays(folder: string, network: TrainedNetwork): Promise<void> {
  await saveArrays(join(folder, ctcFiles.numbers), networkLayout(network.shape), networkParts(network));
}

/** @throws AsrError 'input' when the numbers do not fit the record */
export async function loadCtc(
  folder: string,
  { bands, channels, layers, kernel, phones }: CtcRecord,
): Promise<TrainedNetwork> {
  const shape = { bands, channels, layers, kernel, classes: phones.length };
  return networkOf(shape, await loadArrays(join(folder, ctcFiles.numbers), networkLayout(shape)));
}

export async function ctcModel(folder: string, record: CtcRecord, compute: Compute): Promise<EmissionModel> {
  return ctcEmission(record, createNetworkRunner(await loadCtc(folder, record), compute));
}

/** @param runner of its network, wherever it is computed */
export function ctcEmission(
  { phones, silence, bands }: Pick<CtcRecord, 'phones' | 'silence' | 'bands'>,
  runner: NetworkRunner,
): EmissionModel {
  return {
    phones,
    silence,
    needsFrames: true,
    emit: async ({ frames }) => {
      if (frames?.dim !== bands)
        throw new AsrError(
          'input',
          `emission: a network over frames of ${bands} bands was given ` +
            (frames ? `frames of ${frames.dim} values` : 'no frames'),
          'It hears log-mel frames of its own (model.json, features).',
        );
      const { logProbs, rows } = await runner.run(frames.data, frames.rows);
      return { logProbs, rows, ends: rowEnds(frames.rows) };
    },
    dispose: () => runner.dispose(),
  };
}
