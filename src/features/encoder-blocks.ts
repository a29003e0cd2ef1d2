// Which value of an exported encoder is the output of block n. Names, which exporters keep (`/encoder/layers.3/…`), say
// which nodes belong to which block; where a block ends is read from the graph: the one value that everything on the
// way from this block to the next passes through. Where names and graph disagree, no value is taken.
import { AsrError } from '../core/errors.js';
import type { FileNode, OnnxFile } from '../engine/index.js';
import { isMask } from './encoder-lane.js';
import { findWaists, type Waists } from './encoder-waists.js';

/**
 * Module names of transformer blocks: Hugging Face and fairseq (`encoder.layers.3`), torchaudio
 * (`transformer.layers.3`).
 */
const blockName = /(?:^|[/.' ])(?:encoder|transformer)[/.]layers?[/.](\d+)(?=[/.'\]:]|$)/;
const listedState = /^hidden_states[._]?(\d+)$/;
/** Operators that leave the values as they are, but for their precision. */
const keepsValues = new Set(['Cast', 'Identity', 'Dropout', 'QuantizeLinear', 'DequantizeLinear']);

/** The block that a node belongs to, or undefined. */
function blockOf(node: FileNode): number | undefined {
  for (const text of [node.outputs[0] ?? '', node.name, node.origin]) {
    const found = blockName.exec(text)?.[1];
    if (found !== undefined) return Number(found);
  }
  return undefined;
}

export interface Blocks {
  /** Outputs of blocks, counted from 1, with what goes into the first as 0. */
  readonly values: ReadonlyMap<number, string>;
  /** Blocks that names tell of, but whose end the graph does not bear out: why. */
  readonly doubts: ReadonlyMap<number, string>;
}

/** Every block that names or the listed outputs tell of. */
export function findBlocks(file: OnnxFile): Blocks {
  const named = namedBlocks(file);
  const values = new Map(named.values);
  for (const [n, value] of listedBlocks(file)) if (!values.has(n)) values.set(n, value);
  return { values, doubts: new Map([...named.doubts].filter(([n]) => !values.has(n))) };
}

/** Files that list every state as an output say themselves which is which; the graph must have them in this order. */
function listedBlocks(file: OnnxFile): ReadonlyMap<number, string> {
  const listed = file.outputs
    .flatMap((name) => {
      const n = listedState.exec(name)?.[1];
      return n === undefined ? [] : [[Number(n), name] as const];
    })
    .sort(([a], [b]) => a - b);
  const last = listed.at(-1)?.[1];
  if (last === undefined) return new Map();
  const order = findWaists(file, soundInputs(file), [last]).values;
  const makers = new Map(file.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  /** Where a value stands among the waists; an output is often a copy of one. */
  const placeOf = (name: string): number => {
    const place = order.indexOf(name);
    const maker = makers.get(name);
    const source = maker?.op === 'Identity' ? maker.inputs[0] : undefined;
    return place >= 0 || source === undefined ? place : placeOf(source);
  };
  const places = listed.map(([, name]) => placeOf(name));
  return new Map(listed.filter((_, i) => (places[i] as number) > Math.max(-1, ...places.slice(0, i))));
}

const soundInputs = (file: OnnxFile): string[] => file.inputs.filter((name) => !isMask(name));

interface Span {
  /** The last waist that everything has passed which goes into the block. */
  first: number;
  /** The first waist after all of the block. */
  last: number;
}

function namedBlocks(file: OnnxFile): Blocks {
  const labels = file.nodes.map(blockOf);
  const top = labels.reduce<number>((most, label) => Math.max(most, label ?? -1), -1);
  if (top < 0) return { values: new Map(), doubts: new Map() };
  const waists = findWaists(file, soundInputs(file), endsAfter(file, labels, top));
  const spans = new Map<number, Span>();
  labels.forEach((label, i) => {
    const place = waists.places[i];
    if (label === undefined || place === undefined) return;
    const span = spans.get(label) ?? { first: Infinity, last: -1 };
    spans.set(label, span);
    // The sum that ends a block goes by the name of this block or of the next.
    const ends = waists.sums[place.to] === true && waists.makers[place.to] === file.nodes[i];
    span.first = Math.min(span.first, ends ? place.to : place.from);
    span.last = Math.max(span.last, place.to);
  });
  return verified(waists, spans, top);
}

/** Outputs of the graph that the last block has a part in. */
function endsAfter(file: OnnxFile, labels: readonly (number | undefined)[], top: number): string[] {
  const reached = new Set<string>();
  file.nodes.forEach((node, i) => {
    if (labels[i] === top || node.inputs.some((name) => reached.has(name)))
      for (const name of node.outputs) reached.add(name);
  });
  return file.outputs.filter((name) => reached.has(name));
}

function verified(waists: Waists, spans: ReadonlyMap<number, Span>, top: number): Blocks {
  const values = new Map<number, string>();
  const doubts = new Map<number, string>();
  /** What is done on the way between two waists. */
  const steps = (from: number, to: number): string =>
    waists.makers
      .slice(from + 1, to + 1)
      .map((node) => node?.op ?? '')
      .filter((op) => !keepsValues.has(op))
      .join();
  const starts = Array.from({ length: top + 1 }, (_, n) => (n === 0 ? spans.get(0)?.first : spans.get(n - 1)?.last));
  const ways = starts.map((start, n) => steps(start ?? -1, spans.get(n)?.last ?? -1));
  const usual = mostCommon(ways);
  const doubtOf = (n: number): string | undefined => {
    const here = spans.get(n);
    const next = spans.get(n + 1);
    if (!here || starts[n] === undefined || waists.values[here.last] === undefined)
      return 'no node that goes by its name is on the way from the sound to the output';
    if (ways[n] !== usual) return `it adds and normalises as ${ways[n] || 'nothing'}, others as ${usual}`;
    if (n === top) return undefined;
    if (!next) return 'names do not say where the next block begins';
    if (here.last > next.first) return `what goes by its name overlaps with block ${n + 2}`;
    const between = steps(here.last, next.first);
    return between === '' ? undefined : `${between} between it and block ${n + 2} goes by the name of neither`;
  };
  for (let n = 0; n <= top; n++) {
    const doubt = doubtOf(n);
    if (doubt !== undefined) doubts.set(n + 1, doubt);
    else values.set(n + 1, waists.values[(spans.get(n) as Span).last] as string);
  }
  const input = starts[0] ?? 0;
  if (values.has(1) && input > 0) values.set(0, waists.values[input] as string);
  return { values, doubts };
}

function mostCommon(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
}

export interface WantedValue {
  /** 0 = before the first block. */
  readonly layer: number;
  /** '' = by layer. */
  readonly outputNode: string;
}

/**
 * The name of the value to take.
 * @param where the file, for errors
 * @throws AsrError 'model' when names and graph do not tell; the message lists what could be meant
 */
export function chooseValue(file: OnnxFile, { layer, outputNode }: WantedValue, where: string): string {
  if (outputNode !== '') {
    if (file.outputs.includes(outputNode) || file.nodes.some(({ outputs }) => outputs.includes(outputNode)))
      return outputNode;
    const node = file.nodes.find(({ name }) => name === outputNode);
    if (node?.outputs[0] !== undefined) return node.outputs[0];
    throw new AsrError('model', `${where}: there is no value or node "${outputNode}"`, candidates(file));
  }
  const { values, doubts } = findBlocks(file);
  const value = values.get(layer);
  if (value !== undefined) return value;
  const doubt = doubts.get(layer === 0 ? 1 : layer);
  if (doubt !== undefined)
    throw new AsrError('model', `${where}: where block ${layer} ends cannot be verified: ${doubt}`, candidates(file));
  const found = [...values.keys()].filter((block) => block > 0);
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
  return (
    `Set features.outputNode to a value of the graph. Outputs: ${file.outputs.join(', ')}. ` +
    (shown.length > 0 ? `Layer norms, in order: ${shown.join(', ')}.` : 'It has no layer norms.')
  );
}
