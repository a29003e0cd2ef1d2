// The model that learning chose: segments of one utterance in, phone log-probabilities per row out. The same
// files serve a learn stage folder and a bundle, so training and `asr transcribe` decode alike.
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { readJson } from '../core/jsonl.js';
import { readFloatNpy, writeNpy } from '../core/npy.js';
import type { Compute } from '../core/stage.js';

/** What is known of one utterance; a model uses what its kind needs. */
export interface EmissionInput {
  /** [segments, columns] pooled vectors. */
  readonly pooled: Float32Array;
  readonly segments: number;
  readonly columns: number;
  /** [segments] unit numbers. */
  readonly units: ArrayLike<number>;
  /** [segments] first frame after each segment. */
  readonly ends: ArrayLike<number>;
  /** Normalised frames [rows, dim]; needed where `needsFrames` is true. */
  readonly frames?: { readonly data: Float32Array; readonly rows: number; readonly dim: number };
}

export interface Emission {
  /** [rows, phones] natural log-probabilities. */
  readonly logProbs: Float32Array;
  readonly rows: number;
  /** [rows] first frame after each row. */
  readonly ends: Int32Array;
}

export interface EmissionModel {
  /** Symbols of the columns, silence included. */
  readonly phones: readonly string[];
  readonly silence: string;
  /** True where `emit` works on frames instead of segments. */
  readonly needsFrames: boolean;
  /** @throws AsrError 'input' when the utterance does not fit the model */
  emit(input: EmissionInput): Promise<Emission>;
  dispose(): Promise<void>;
}

/** Log-probability of what a model knows nothing of (silence in a table); finite, so that sums stay finite. */
export const impossible = Math.log(1e-8);

const common = { phones: z.array(z.string().min(1)).min(1), silence: z.string() };
const recordSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('table'), units: z.number().int().positive(), ...common }),
]);
type EmissionRecord = z.infer<typeof recordSchema>;

const tableFile = 'table.npy';

/** Files of each kind inside its folder, for those who copy a model. */
export const emissionFiles: Record<EmissionRecord['kind'], readonly string[]> = { table: ['emission.json', tableFile] };

/** @param table [units, phones.length] natural log-probabilities */
export async function saveTableEmission(folder: string, symbols: { phones: readonly string[]; silence: string }, table: Float32Array): Promise<void> {
  const units = table.length / symbols.phones.length;
  await writeNpy(join(folder, tableFile), table, [units, symbols.phones.length]);
  await writeRecord(folder, { kind: 'table', units, phones: [...symbols.phones], silence: symbols.silence });
}

async function writeRecord(folder: string, record: EmissionRecord): Promise<void> {
  await writeFile(join(folder, 'emission.json'), `${JSON.stringify(record, null, 2)}\n`);
}

/** From a learn stage folder or a bundle. @throws AsrError 'input' or 'io' for missing or damaged files */
export async function loadEmission(folder: string, _compute: Compute): Promise<EmissionModel> {
  const record = await readJson(join(folder, 'emission.json'), recordSchema);
  return loadTable(folder, record);
}

async function loadTable(folder: string, { phones, silence, units: count }: EmissionRecord): Promise<EmissionModel> {
  const path = join(folder, tableFile);
  const { shape, data: table } = await readFloatNpy(path);
  if (shape.join() !== [count, phones.length].join()) {
    throw new AsrError('input', `${path}: expected shape [${count}, ${phones.length}], found [${shape.join(', ')}]`, 'The files of this model do not belong together; make it again.');
  }
  const width = phones.length;
  return {
    phones, silence, needsFrames: false,
    emit: async ({ units, segments, ends }) => {
      if (units.length !== segments || ends.length !== segments) {
        throw new AsrError('input', `emission: ${segments} segments, but ${units.length} units and ${ends.length} ends`, 'Segments and units must come from the same segmenter.');
      }
      const logProbs = new Float32Array(segments * width);
      for (let i = 0; i < segments; i++) {
        const unit = units[i]!;
        if (!(unit >= 0 && unit < count)) throw new AsrError('input', `emission: unit ${unit} is not below ${count}`, 'The clusters and the emission model belong to different runs.');
        logProbs.set(table.subarray(unit * width, (unit + 1) * width), i * width);
      }
      return { logProbs, rows: segments, ends: Int32Array.from(ends) };
    },
    dispose: async () => undefined,
  };
}
