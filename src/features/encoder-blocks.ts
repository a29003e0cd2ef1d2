// Which value of an exported encoder is the output of block n. Exporters keep the names of the modules that a node came
// from (`/encoder/layers.3/…`), so the output of a block is the last value made inside that is used outside.
import { AsrError } from '../core/errors.js';
import type { FileNode, OnnxFile } from '../engine/index.js';

/** Module names of transformer blocks: Hugging Face and fairseq (`encoder.layers.3`), torchaudio (`transformer.layers.3`). */
const blockName = /(?:^|[/.'])(?:encoder|transformer)[/.]layers?[/.](\d+)(?=[/.'\]]|$)/;
const listedState = /^hidden_states[._]?(\d+)$/;
/** Operators that can end a block; what else leaves it is a position bias or a shape. */
const blockEnds = new Set([
  'Add',
  'LayerNormalization',
  'SkipLayerNormalization',
  'Cast',
  'Mul',
  'Identity',
  'QuantizeLinear',
  'DequantizeLinear',
  'LayerNormalization_quant',
]);

/** The block that a node belongs to, or undefined. */
function blockOf(node: FileNode): number | undefined {
  for (const text of [node.outputs[0] ?? '', node.name, node.origin]) {
    const found = blockName.exec(text)?.[1];
    if (found !== undefined) return Number(found);
  }
  return undefined;
}

/**
 * Outputs of all blocks that names tell apart, counted from 1, with what goes into the first as 0; empty where names
 * say nothing.
 */
export function findBlocks(file: OnnxFile): ReadonlyMap<number, string> {
  const listed = file.outputs.flatMap((name) => {
    const n = listedState.exec(name)?.[1];
    return n === undefined ? [] : [[Number(n), name] as const];
  });
  if (listed.length > 0) return new Map(listed);
  const readers = new Map<string, number[]>();
  const blocks = file.nodes.map(blockOf);
  file.nodes.forEach((node, i) => {
    for (const name of node.inputs) readers.set(name, [...(readers.get(name) ?? []), i]);
  });
  const values = new Map<number, string>();
  file.nodes.forEach((node, i) => {
    const block = blocks[i];
    if (block === undefined || !blockEnds.has(node.op)) return;
    // Later nodes overwrite earlier ones: the last value that leaves a block has gone through all of it.
    for (const name of node.outputs) {
      if (file.outputs.includes(name) || (readers.get(name) ?? []).some((reader) => blocks[reader] !== block))
        values.set(block + 1, name);
    }
  });
  const input = firstInput(file, blocks, values);
  if (input !== undefined) values.set(0, input);
  return values;
}

/** What the first block starts from: made outside it, and inside it both added to (the residual path) and worked on. */
function firstInput(
  file: OnnxFile,
  blocks: readonly (number | undefined)[],
  values: ReadonlyMap<number, string>,
): string | undefined {
  if (!values.has(1)) return undefined;
  const first = file.nodes.filter((_, i) => blocks[i] === 0);
  const made = new Set(first.flatMap(({ outputs }) => outputs));
  const residual = first.flatMap(({ op, inputs }) => (op === 'Add' ? inputs.filter((name) => !made.has(name)) : []));
  return residual.find(
    (name) => makerOf(file, name) && first.some(({ op, inputs }) => op !== 'Add' && inputs.includes(name)),
  );
}

const makerOf = (file: OnnxFile, value: string): FileNode | undefined =>
  file.nodes.find(({ outputs }) => outputs.includes(value));

export interface WantedValue {
  /** 0 = before the first block. */
  readonly layer: number;
  /** '' = by layer. */
  readonly outputNode: string;
}

/**
 * The name of the value to take.
 * @param where the file, for errors
 * @throws AsrError 'model' when the names in the file do not tell; the message lists what could be meant
 */
export function chooseValue(file: OnnxFile, { layer, outputNode }: WantedValue, where: string): string {
  if (outputNode !== '') {
    if (file.outputs.includes(outputNode) || makerOf(file, outputNode)) return outputNode;
    const node = file.nodes.find(({ name }) => name === outputNode);
    if (node?.outputs[0] !== undefined) return node.outputs[0];
    throw new AsrError('model', `${where}: there is no value or node "${outputNode}"`, candidates(file));
  }
  const blocks = findBlocks(file);
  const value = blocks.get(layer);
  if (value !== undefined) return value;
  const found = [...blocks.keys()].filter((block) => block > 0);
  if (found.length === 0)
    throw new AsrError('model', `${where}: the names of its nodes do not say where a block ends`, candidates(file));
  throw new AsrError(
    'model',
    `${where}: no block ${layer}; it has blocks 1 to ${Math.max(...found)}`,
    'Set features.layer to one of them, or features.outputNode.',
  );
}

/** Values that look like the end of a block: normalised or added, one after the other. */
function candidates(file: OnnxFile): string {
  const ends = file.nodes
    .filter(({ op }) => op === 'LayerNormalization' || op === 'SkipLayerNormalization')
    .flatMap(({ outputs }) => outputs.slice(0, 1));
  const shown = ends.length > 24 ? [...ends.slice(0, 12), '…', ...ends.slice(-12)] : ends;
  return `Set features.outputNode to a value of the graph. Outputs: ${file.outputs.join(', ')}. ${shown.length > 0 ? `Layer norms, in order: ${shown.join(', ')}.` : 'It has no layer norms.'}`;
}
