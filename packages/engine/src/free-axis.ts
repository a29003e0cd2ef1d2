// One function traced for three sizes of an axis, and what follows for any size: numbers of the graph that grow with
// the axis (shapes of reshapes, sizes of slices) become a sum of a constant and a multiple of it. What depends on the
// size otherwise cannot be written, and is named.
import { engineError } from './errors.js';
import type { NamedValue, Value } from './graph.js';

/** Far from each other's multiples and from sizes that occur, so that no other number is taken for the axis. */
export const triedSizes = [1009, 1013, 1021] as const;

/** Numbers that are offset + factor × size, one by one. */
export interface SizeNumbers {
  readonly factor: readonly number[];
  readonly offset: readonly number[];
}

export interface FreeAxis {
  readonly name: string;
  /** Where its size is read from when the graph runs. */
  readonly input: string;
  readonly axis: number;
  readonly growing: Growing;
}

/** Of the first trace, by value: what grows with the axis. */
export interface Growing {
  /** Numbers of integer constants. */
  readonly numbers: ReadonlyMap<number, SizeNumbers>;
  readonly shapes: ReadonlyMap<number, SizeNumbers>;
}

type Trio = readonly [Value, Value, Value];

/** @returns undefined where the three are the same for every size. @throws what `fails` makes where no line fits */
function lineThrough(found: readonly (readonly number[])[], fails: () => Error): SizeNumbers | undefined {
  const [first, second, third] = found as [readonly number[], readonly number[], readonly number[]];
  if (second.length !== first.length || third.length !== first.length) throw fails();
  const [a, b, c] = triedSizes;
  const factor = first.map((n, i) => ((second[i] as number) - n) / (b - a));
  const offset = first.map((n, i) => n - (factor[i] as number) * a);
  const fits = third.every((n, i) => n === (offset[i] as number) + (factor[i] as number) * c);
  if (!fits || !factor.every(Number.isInteger)) throw fails();
  return factor.every((n) => n === 0) ? undefined : { factor, offset };
}

const same = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.from(a).every((n, i) => Object.is(n, b[i]));

/**
 * Walks the three graphs side by side, from their outputs.
 * @param traces outputs of the function, for each of `triedSizes`
 * @throws EngineError 'config' naming the operator where they differ in more than sizes
 */
export function growingIn(graphName: string, traces: readonly (readonly NamedValue[])[]): Growing {
  const numbers = new Map<number, SizeNumbers>();
  const shapes = new Map<number, SizeNumbers>();
  const paired = new Map<number, Trio>();
  const pending: { readonly trio: Trio; readonly reader: string }[] = [];
  const fails = (reader: string, what: string): Error =>
    engineError(
      'config',
      `graph ${graphName}: ${what} of ${reader} depends on the free axis`,
      'Give the axis a size, or keep it out of what is counted: numbers of the graph must not depend on it.',
    );
  (traces[0] ?? []).forEach(({ name }, i) => {
    const trio = traces.map((outputs) => (outputs[i] as NamedValue).value) as unknown as Trio;
    pending.push({ trio, reader: `output "${name}"` });
  });
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { trio, reader } = next;
    const [value] = trio;
    const before = paired.get(value.id);
    if (before?.every((known, i) => known.id === trio[i]?.id)) continue;
    const shape = lineThrough(
      trio.map((each) => each.shape),
      () => fails(reader, 'a shape'),
    );
    const origins = trio.map(({ origin }) => origin);
    const [origin] = origins as [Value['origin']];
    if (before || origins.some(({ kind }) => kind !== origin.kind)) throw fails(reader, 'an input');
    paired.set(value.id, trio);
    if (shape) shapes.set(value.id, shape);
    if (origin.kind === 'fill') {
      if (!origins.every((each) => each.kind === 'fill' && Object.is(each.value, origin.value)))
        throw fails(reader, 'a number');
    } else if (origin.kind === 'data') {
      const data = origins.map((each) => (each.kind === 'data' ? Array.from(each.data) : []));
      if (value.type === 'int64') {
        const line = lineThrough(data, () => fails(reader, 'a size'));
        if (line) numbers.set(value.id, line);
      } else if (!data.every((each) => same(each, data[0] as number[]))) throw fails(reader, 'an array');
    } else if (origin.kind === 'node') {
      const nodes = origins.flatMap((each) => (each.kind === 'node' ? [each.node] : []));
      const { node } = origin;
      const kind = JSON.stringify([node.op, node.attributes, node.inputs.length, node.outputs.indexOf(value)]);
      nodes.forEach((other, i) => {
        const at = other.outputs.indexOf(trio[i] as Value);
        if (JSON.stringify([other.op, other.attributes, other.inputs.length, at]) !== kind)
          throw fails(node.op, 'an attribute');
      });
      node.inputs.forEach((_, i) => {
        pending.push({ trio: nodes.map((each) => each.inputs[i]) as unknown as Trio, reader: node.op });
      });
    }
  }
  return { numbers, shapes };
}
