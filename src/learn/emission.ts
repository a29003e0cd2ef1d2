// The model that learning chose: segments of one utterance in, phone log-probabilities per row out. The same
// files serve a learn stage folder and a bundle, so training and `asr transcribe` decode alike.
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { BootstrapSettings } from '../bootstrap/settings.js';
import { readJson } from '../core/jsonl.js';
import { writeNpy } from '../core/npy.js';
import type { Compute } from '../core/stage.js';
import { joinWeights, type GeneratorWeights } from '../gan/generator.js';
import type { Hmm } from '../hmm/train.js';
import type { AcousticModel } from '../bootstrap/acoustic-model.js';
import type { NgramModel } from '../lm/ngram.js';
import { networkFiles, networkModel, networkSchema, saveNetworkArrays } from './network-emission.js';
import type { EmissionModel } from './emission-model.js';
import type { TrainedNetwork } from '../bootstrap/posteriors.js';
import { saveTriphone, type TriphoneModel } from '../triphone/model.js';
import { ctcFiles, ctcModel, ctcSchema, loadCtc, saveCtcArrays } from './ctc-emission.js';
import {
  arrayFile,
  arrayShape,
  generatorModel,
  generatorSchema,
  generatorWeights,
  readOneArray,
  tableModel,
  tableSchema,
  type OneArray,
} from './segment-emission.js';
import {
  saveTriphoneLm,
  triphoneEmissionFiles,
  triphoneModel,
  triphoneSchema,
  type TriphoneRecord,
} from './triphone-emission.js';
import { hmmFiles, hmmModel, hmmSchema, loadHmm, saveHmmArrays } from './hmm-emission.js';

export * from './emission-model.js';
export { blankSymbol } from './ctc-emission.js';
export const emissionSchema = z.discriminatedUnion('kind', [
  tableSchema,
  generatorSchema,
  hmmSchema,
  networkSchema,
  triphoneSchema,
  ctcSchema,
]);
type EmissionRecord = z.infer<typeof emissionSchema>;
const arrayFiles: Readonly<Record<EmissionRecord['kind'], Readonly<Record<string, string>>>> = {
  table: { numbers: arrayFile.table },
  generator: { numbers: arrayFile.generator },
  hmm: hmmFiles,
  network: networkFiles,
  triphone: triphoneEmissionFiles,
  ctc: ctcFiles,
};
const recordFile = 'emission.json';

/**
 * The model's files inside its folder, for those who copy it.
 * @throws AsrError 'input' when emission.json is damaged
 */
export async function emissionFiles(folder: string): Promise<string[]> {
  const { kind } = await readJson(join(folder, recordFile), emissionSchema);
  return [recordFile, ...Object.values(arrayFiles[kind])];
}

export interface Symbols {
  readonly phones: readonly string[];
  readonly silence: string;
}

/** @param table [units, phones.length] natural log-probabilities */
export async function saveTableEmission(
  folder: string,
  { phones, silence }: Symbols,
  table: Float32Array,
): Promise<void> {
  await save(folder, { kind: 'table', units: table.length / phones.length, phones: [...phones], silence }, table);
}

/** @param input what the generator reads */
export async function saveGeneratorEmission(
  folder: string,
  { phones, silence }: Symbols,
  generator: GeneratorWeights,
  input: 'segments' | 'frames' = 'segments',
): Promise<void> {
  const { kernel, pad, columns, stride = 1, bias } = generator;
  // The bias of each tap is one more row at the end.
  await save(
    folder,
    { kind: 'generator', columns, kernel, pad, stride, bias: bias !== undefined, input, phones: [...phones], silence },
    joinWeights(generator),
  );
}

export async function saveHmmEmission(folder: string, { phones, silence }: Symbols, hmm: Hmm): Promise<void> {
  const {
    topology: { statesPerPhone, stay, phones: modelled },
    gaussians: { dim },
    acousticScale,
  } = hmm;
  await saveHmmArrays(folder, hmm);
  await writeRecord(folder, {
    kind: 'hmm',
    chain: statesPerPhone,
    dim,
    stay,
    acousticScale,
    phones: [...phones],
    silence,
    ...(modelled === phones.length ? { silent: true } : {}),
  });
}

/** @param lm the phone language model of its own best path */
export async function saveNetworkEmission(
  folder: string,
  { phones, silence }: Symbols,
  { acoustics, lm }: { readonly acoustics: AcousticModel; readonly lm: NgramModel },
  { decode, adapt }: BootstrapSettings,
  { insertion, phonesPerSecond }: { readonly insertion: number; readonly phonesPerSecond: number },
): Promise<void> {
  const { bands, channels, layers, kernel, stride = 2, input = 'bands' } = acoustics.network.shape;
  const { priorWeight, acousticScale, minRows, beam } = decode;
  await saveNetworkArrays(folder, acoustics, lm);
  await writeRecord(folder, {
    kind: 'network',
    bands,
    channels,
    layers,
    kernel,
    stride,
    input,
    priorWeight,
    acousticScale,
    insertion,
    minRows,
    beam,
    components: acoustics.mixtures?.components ?? 0,
    mixtureScale: adapt.mixtureScale,
    networkWeight: adapt.networkWeight,
    phonesPerSecond,
    phones: [...phones],
    silence,
  });
}

/** @param symbols phones, silence and the blank, in this order */
export async function saveCtcEmission(
  folder: string,
  { phones, silence }: Symbols,
  network: TrainedNetwork,
): Promise<void> {
  const { bands, channels, layers, kernel } = network.shape;
  await saveCtcArrays(folder, network);
  await writeRecord(folder, { kind: 'ctc', bands, channels, layers, kernel, phones: [...phones], silence });
}

/** @param lm the phone language model of its own search */
export async function saveTriphoneEmission(
  folder: string,
  { phones, silence }: Symbols,
  model: TriphoneModel,
  lm: NgramModel,
  settings: Omit<TriphoneRecord, 'kind' | 'phones' | 'silence'>,
): Promise<void> {
  await saveTriphone(folder, model);
  await saveTriphoneLm(folder, lm);
  await writeRecord(folder, { kind: 'triphone', phones: [...phones], silence, ...settings });
}

async function save(folder: string, record: OneArray, numbers: Float32Array): Promise<void> {
  await writeNpy(join(folder, arrayFile[record.kind]), numbers, arrayShape(record));
  await writeRecord(folder, record);
}

async function writeRecord(folder: string, record: EmissionRecord): Promise<void> {
  await writeFile(join(folder, recordFile), `${JSON.stringify(record, null, 2)}\n`);
}

export async function emissionKind(folder: string): Promise<EmissionRecord['kind']> {
  return (await readJson(join(folder, recordFile), emissionSchema)).kind;
}

/** Symbols of the columns, without loading the model. */
export async function emissionSymbols(folder: string): Promise<Symbols> {
  const { phones, silence } = await readJson(join(folder, recordFile), emissionSchema);
  return { phones, silence };
}

/**
 * From the folder of learn, of a pass of selftrain, or of a bundle.
 * @param pathOnly nothing but the model's own best path will be asked for, which saves work
 * @throws AsrError 'input' or 'io' for missing or damaged files
 */
export async function loadEmission(folder: string, compute: Compute, pathOnly = false): Promise<EmissionModel> {
  const record = await readJson(join(folder, recordFile), emissionSchema);
  if (record.kind === 'hmm') return hmmModel(await loadHmm(folder, record), record, compute);
  if (record.kind === 'network') return networkModel(folder, record, compute);
  if (record.kind === 'triphone') return triphoneModel(folder, record, compute, pathOnly);
  if (record.kind === 'ctc') return ctcModel(folder, record, compute);
  const data = await readOneArray(folder, record);
  return record.kind === 'table' ? tableModel(record, data) : generatorModel(record, data, compute);
}

/** What can be written in another form. */
export type EmissionParts =
  | (Symbols & { readonly kind: 'hmm'; readonly hmm: Hmm })
  | (Symbols & {
      readonly kind: 'generator';
      readonly input: 'segments' | 'frames';
      readonly generator: GeneratorWeights;
    })
  | (Symbols & { readonly kind: 'ctc'; readonly network: TrainedNetwork })
  | (Symbols & { readonly kind: 'table' | 'network' | 'triphone' });

/** For those who write the model in another form. @throws as loadEmission */
export async function readEmissionParts(folder: string): Promise<EmissionParts> {
  const record = await readJson(join(folder, recordFile), emissionSchema);
  const { kind, phones, silence } = record;
  if (kind === 'hmm') return { kind, phones, silence, hmm: await loadHmm(folder, record) };
  if (kind === 'ctc') return { kind, phones, silence, network: await loadCtc(folder, record) };
  if (kind === 'table' || kind === 'network' || kind === 'triphone') return { kind, phones, silence };
  return {
    kind,
    phones,
    silence,
    input: record.input,
    generator: generatorWeights(record, await readOneArray(folder, record)),
  };
}
