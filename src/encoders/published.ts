// A published checkpoint in, an encoder as one ONNX graph out, cut off at the block that is wanted. The graph names
// where in the checkpoint's files its numbers lie; `write` makes a folder of its own that needs the checkpoint no more.
import { existsSync, realpathSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join, parse, relative, sep } from 'node:path';
import { findWeights, openCheckpoint, type PublishedCheckpoint } from '../checkpoints/index.js';
import { AsrError } from '../core/errors.js';
import { refuseLfsPointer } from '../core/lfs-pointer.js';
import { OnnxBuilder, type Wire } from '../engine/index.js';
import { countNames, families } from './families.js';
import { fromFairseq, isFairseq } from './fairseq.js';
import type { EncoderArchitecture, EncoderFacts, EncoderSettings, FamilyReader } from './family.js';
import type { Precision } from './precision.js';
import { prefixOf, refuseBrokenWeights, Weights } from './weights.js';

/** What the graph gives: float32 [batch, frames, dim]. */
export const outputName = 'states';

export interface Wanted {
  /** Blocks whose output is taken, counted from 1 (0 = before the first); undefined: `usualBlock`. */
  readonly layers: readonly number[] | undefined;
  /** One weight for each layer: their sum; undefined: side by side. */
  readonly weights?: readonly number[] | undefined;
  readonly precision: Precision;
}

export interface PublishedEncoder {
  readonly facts: EncoderFacts;
  readonly layers: readonly number[];
  /** Numbers of one frame. */
  readonly dim: number;
  readonly graph: OnnxBuilder;
  /** The weights, for errors. */
  readonly where: string;
  readonly checkpoint: PublishedCheckpoint;
}

/**
 * The block that is taken when none is asked for. wav2vec-U took 15 of 24, and phones are told apart best
 * near there; Whisper's encoder was trained to be read at its end (PER of a bootstrap on German by blocks
 * 2 to 6 of 6: 55, 47, 40, 35, 33 %).
 */
export const usualBlock = ({ family, blocks }: Pick<EncoderFacts, 'family' | 'blocks'>): number =>
  family === 'whisper' ? blocks : Math.max(1, Math.round((blocks * 5) / 8));

/**
 * @param path folder of a checkpoint, or a file of weights
 * @throws AsrError 'model' when files are missing, damaged, contradict each other or
 * are of an architecture without graph
 */
export async function openPublished(path: string, wanted: Wanted): Promise<PublishedEncoder> {
  const weightsFile = findWeights(path);
  const folder = statSync(path).isDirectory() ? path : dirname(path);
  // Files of fairseq say what they are themselves; anything else is asked for before gigabytes of weights are.
  const alone = extname(weightsFile) === '.pt' || !existsSync(join(folder, configName));
  const { architecture, checkpoint } = alone
    ? await openAlone(weightsFile, folder)
    : { architecture: await readArchitecture(folder, weightsFile), checkpoint: await openCheckpoint(weightsFile) };
  const { facts } = architecture;
  const layers = wanted.layers ?? [usualBlock(facts)];
  const beyond = layers.find((layer) => layer > facts.blocks);
  if (beyond !== undefined || layers.length === 0)
    throw new AsrError(
      'model',
      `${path}: no block ${beyond ?? ''}; it has blocks 1 to ${facts.blocks}`,
      'Set features.layer to one of them.',
    );
  if (wanted.weights && wanted.weights.length !== layers.length)
    throw new AsrError(
      'config',
      `features.layerWeights has ${wanted.weights.length} numbers for ${layers.length} layers`,
      'Give one weight for each layer.',
    );
  const graph = new OnnxBuilder();
  const prefix = prefixOf(checkpoint, architecture.landmark, facts.family);
  const weights = new Weights(graph, checkpoint, wanted.precision, prefix);
  const { states, batch } = await architecture.build(graph, weights, Math.max(...layers));
  await refuseBrokenWeights(weights.used);
  const chosen = layers.map((layer) => states[layer] as Wire);
  const dim = facts.hiddenSize * (wanted.weights ? 1 : layers.length);
  const joined = wanted.weights ? weightedSum(graph, chosen, wanted.weights) : sideBySide(graph, chosen);
  const shape = graph.node('Concat', [batch, graph.ints(-1, dim)], { axis: 0 });
  graph.output(outputName, graph.node('Reshape', [joined, shape]), 'float32', ['batch', 'frames', dim]);
  return { facts, layers, dim, graph, where: weightsFile, checkpoint };
}

const sideBySide = (graph: OnnxBuilder, states: readonly Wire[]): Wire =>
  states.length === 1 ? (states[0] as Wire) : graph.node('Concat', states, { axis: -1 });

const weightedSum = (graph: OnnxBuilder, states: readonly Wire[], weights: readonly number[]): Wire =>
  states
    .map((state, i) => graph.node('Mul', [state, graph.float(weights[i] as number)]))
    .reduce((sum, state) => graph.node('Add', [sum, state]));

const configName = 'config.json';
const preprocessorName = 'preprocessor_config.json';

interface Opened {
  readonly architecture: EncoderArchitecture;
  readonly checkpoint: PublishedCheckpoint;
}

async function openAlone(weightsFile: string, folder: string): Promise<Opened> {
  const found = await openCheckpoint(weightsFile);
  if (!isFairseq(found)) return { architecture: await readArchitecture(folder, weightsFile), checkpoint: found };
  const { checkpoint, config, preprocessor } = fromFairseq(found);
  return { architecture: architectureOf({ config, preprocessor, where: weightsFile }), checkpoint };
}

async function readArchitecture(folder: string, weightsFile: string): Promise<EncoderArchitecture> {
  const where = join(folder, configName);
  const config = await readSettings(where, weightsFile);
  familyOf(config, where);
  const preprocessor = await readSettings(join(folder, preprocessorName), weightsFile);
  return architectureOf({ config, preprocessor, where });
}

const architectureOf = (settings: EncoderSettings): EncoderArchitecture =>
  familyOf(settings.config, settings.where)(settings);

function familyOf(config: unknown, where: string): FamilyReader {
  const type = (config as { model_type?: unknown } | null)?.model_type;
  const family = typeof type === 'string' && Object.hasOwn(families, type) ? families[type] : undefined;
  if (!family)
    throw new AsrError(
      'model',
      `${where}: model_type is ${JSON.stringify(type) ?? 'missing'}, which is no speech encoder known here`,
      `Known are ${countNames()}. Other encoders can be exported to ONNX (features.kind: onnx, docs/encoders.md).`,
    );
  return family;
}

async function readSettings(path: string, beside: string): Promise<unknown> {
  if (!existsSync(path))
    throw new AsrError(
      'model',
      `${path}: missing; it says how the encoder is built and what is done to the sound`,
      `Copy it from the model's page to where ${beside} lies.`,
    );
  const text = await readFile(path, 'utf8');
  refuseLfsPointer(text, path);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new AsrError('model', `${path}: not valid JSON`, "Fetch the file again from the model's page.");
  }
}

/** The graph with its numbers where the checkpoint has them: `folder` is where the runtime starts to look. */
export function mapped({ graph, facts }: PublishedEncoder): { model: Uint8Array; folder: string } {
  const real = new Map<string, string>();
  // Downloads are kept as links to files elsewhere, which the runtime refuses to follow out of the folder.
  for (const { file } of graph.storedBytes) if (!real.has(file)) real.set(file, realpathSync(file));
  const folder = commonFolder([...real.values()]);
  const model = graph.encode(facts.family, {}, ({ file, offset }) => ({
    location: relative(folder, real.get(file) as string)
      .split(sep)
      .join('/'),
    offset,
  }));
  return { model, folder };
}

/** The deepest folder that holds all files. */
function commonFolder(files: readonly string[]): string {
  const [first = '.'] = files;
  let folder = dirname(first);
  const holds = (file: string): boolean => folder === parse(folder).root || file.startsWith(folder + sep);
  while (!files.every(holds)) folder = dirname(folder);
  return folder;
}
