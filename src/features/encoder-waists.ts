// The graph of an exported encoder in, its waists out: values that everything on the way from the waveform to the end
// passes through (dominators of the end). Between two blocks there is one; inside a
// residual sum's branches there is none.
import type { FileNode, OnnxFile } from '../engine/index.js';

/** Operators whose result tells the shape of their input and nothing of its values. */
const shapeOnly = new Set(['Shape', 'Size']);
/** The sum that this one makes on the way is its last output; what it normalises is made from it. */
const normalisedSums = new Set(['SkipLayerNormalization', 'SkipSimplifiedLayerNormalization']);

export interface Place {
  /** The last waist that everything which reaches the node has passed. */
  readonly from: number;
  /** The first waist that everything which leaves the node passes: its own output, where that is one. */
  readonly to: number;
}

export interface Waists {
  /** In the order of computing; 0 is where the sound comes in. */
  readonly values: readonly string[];
  /** By the node's index; undefined for nodes that the sound does not reach, or that do not lead to the end. */
  readonly places: readonly (Place | undefined)[];
  /** The node that makes a waist; undefined for inputs. */
  readonly makers: readonly (FileNode | undefined)[];
  /** The maker adds two values that both come from the sound. */
  readonly sums: readonly boolean[];
}

/**
 * @param roots values where the sound comes in
 * @param ends values that count as the end; those that the sound does not reach are passed over
 */
export function findWaists(file: OnnxFile, roots: readonly string[], ends: readonly string[]): Waists {
  const flow = flowOf(file, roots);
  const dominators = dominatorsOf(flow);
  const reached = ends.flatMap((end) => flow.indices.get(end) ?? []);
  const chain: number[] = [];
  if (reached.length > 0)
    for (let at = reached.reduce(dominators.meet); at > 0; at = dominators.immediate[at] as number) chain.unshift(at);
  const alive = leadingTo(flow, reached);
  const rank = new Map(chain.map((vertex, i) => [vertex, i]));
  // The last waist that a value has passed, itself included.
  const passed = flow.sources.map(() => -1);
  flow.sources.forEach((sources, vertex) => {
    passed[vertex] = rank.get(vertex) ?? Math.max(-1, ...sources.map((source) => passed[source] as number));
  });
  const makerOf = new Map<string, FileNode>();
  for (const node of file.nodes) for (const name of node.outputs) makerOf.set(name, node);
  const values = chain.map((vertex) => flow.names[vertex] as string);
  const makers = values.map((value) => makerOf.get(value));
  return {
    values,
    makers,
    sums: makers.map((node) => node !== undefined && inputsFrom(flow, node).length > 1),
    places: file.nodes.map((node) => {
      const outputs = node.outputs
        .flatMap((name) => flow.indices.get(name) ?? [])
        .filter((vertex) => alive.has(vertex));
      const inputs = inputsFrom(flow, node);
      if (outputs.length === 0 || inputs.length === 0) return undefined;
      return {
        from: Math.max(...inputs.map((vertex) => passed[vertex] as number)),
        to: Math.max(...outputs.map((vertex) => (rank.has(vertex) ? 0 : 1) + (passed[vertex] as number))),
      };
    }),
  };
}

/** Values that the sound reaches, numbered so that sources come first; 0 stands before all roots. */
interface Flow {
  readonly names: readonly string[];
  readonly indices: ReadonlyMap<string, number>;
  readonly sources: readonly (readonly number[])[];
}

const inputsFrom = (flow: Flow, node: FileNode): number[] =>
  node.inputs.flatMap((name) => flow.indices.get(name) ?? []);

function flowOf(file: OnnxFile, roots: readonly string[]): Flow {
  const names = [''];
  const indices = new Map<string, number>();
  const sources: number[][] = [[]];
  const add = (name: string, from: number[]): number => {
    indices.set(name, names.length);
    sources.push(from);
    return names.push(name) - 1;
  };
  for (const root of roots) add(root, [0]);
  for (const node of file.nodes) {
    if (shapeOnly.has(node.op)) continue;
    const from = inputsFrom({ names, indices, sources }, node);
    if (from.length === 0) continue;
    const sum = normalisedSums.has(node.op) && node.outputs.length > 1 ? node.outputs.at(-1) : undefined;
    const after = sum === undefined ? from : [add(sum, from)];
    for (const name of node.outputs) if (name !== sum) add(name, after);
  }
  return { names, indices, sources };
}

/** Immediate dominators by intersection (Cooper, Harvey and Kennedy 2001); one pass, since sources come first. */
function dominatorsOf({ sources }: Flow): { immediate: readonly number[]; meet: (a: number, b: number) => number } {
  const immediate: number[] = [0];
  const meet = (a: number, b: number): number => {
    while (a !== b) {
      if (a > b) a = immediate[a] as number;
      else b = immediate[b] as number;
    }
    return a;
  };
  for (let vertex = 1; vertex < sources.length; vertex++)
    immediate[vertex] = (sources[vertex] as number[]).reduce((a, b) => meet(a, b));
  return { immediate, meet };
}

function leadingTo({ sources }: Flow, ends: readonly number[]): Set<number> {
  const found = new Set(ends);
  for (let vertex = sources.length - 1; vertex > 0; vertex--)
    if (found.has(vertex)) for (const source of sources[vertex] as number[]) found.add(source);
  return found;
}
