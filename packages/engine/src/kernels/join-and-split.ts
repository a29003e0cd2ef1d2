// Kernels that put tensors together and take them apart, traced into ONNX.
import { engineError } from '../errors.js';
import { tf } from '../tf.js';
import { dims, fillValue, sizeOf, type Value } from '../graph.js';
import { positiveAxes, type KernelCall } from '../kernel.js';

export function join(call: KernelCall, parts: readonly Value[], axis: number): Value {
  const full = parts.filter((part) => sizeOf(part.shape) > 0);
  const first = full[0] ?? parts[0];
  if (!first) throw engineError('internal', `${call.kernel}: nothing to join`);
  if (full.length <= 1) return first;
  const length = full.reduce((sum, part) => sum + (part.shape[axis] as number), 0);
  const shape = first.shape.map((n, i) => (i === axis ? length : n));
  const { origin } = first;
  if (
    origin.kind === 'fill' &&
    full.every((part) => part.origin.kind === 'fill' && Object.is(part.origin.value, origin.value))
  )
    return fillValue(origin.value, shape, first.type);
  return call.graph.one('Concat', full, shape, first.type, { axis });
}

export function pack(call: KernelCall): Value {
  const first = call.list[0] as Value;
  const [axis = 0] = positiveAxes([call.number('axis')], first.shape.length + 1);
  const shape = [...first.shape.slice(0, axis), 1, ...first.shape.slice(axis)];
  return join(
    call,
    call.list.map((part) => call.graph.reshape(part, shape)),
    axis,
  );
}

export function split(call: KernelCall, x: Value, sizes: readonly number[], axis: number): readonly Value[] {
  const shapes = sizes.map((size) => x.shape.map((n, i) => (i === axis ? size : n)));
  const { origin } = x;
  if (origin.kind === 'fill') return shapes.map((shape) => fillValue(origin.value, shape, x.type));
  if (sizes.length === 1) return [x];
  return call.graph.node(
    'Split',
    [x, dims(sizes)],
    shapes.map((shape) => ({ shape, type: x.type })),
    { axis },
  );
}

export function splitV(call: KernelCall): readonly Value[] {
  const x = call.input('x');
  const [axis = 0] = positiveAxes([call.number('axis')], x.shape.length);
  const wanted = call.raw('numOrSizeSplits') as number | number[];
  const sizes = tf.backend_util.prepareSplitSize({ shape: [...x.shape] } as unknown as tf.Tensor, wanted, axis);
  return split(call, x, sizes, axis);
}

export function unpack(call: KernelCall): readonly Value[] {
  const x = call.input('value');
  const [axis = 0] = positiveAxes([call.number('axis')], x.shape.length);
  const sizes = new Array<number>(x.shape[axis] as number).fill(1);
  const shape = x.shape.filter((_, i) => i !== axis);
  return split(call, x, sizes, axis).map((part) => call.graph.reshape(part, shape));
}
