// Windows of consecutive frames and their adjoint, the sum of overlapping windows: what convolutions over time and
// their derivatives to any order are made of. Each is the gradient of the other. Both are our own, not tfjs's.
import { dataValue, type Value } from '../graph.js';
import type { KernelCall, KernelTable } from '../kernel.js';
import { foldWindows, unfoldWindows, type Windows } from '../windows.js';

const windowsOf = (call: KernelCall): Windows => ({
  kernel: call.number('kernel'),
  stride: call.number('stride'),
  padLeft: call.number('padLeft'),
  windows: call.number('windows'),
  frames: call.number('frames'),
});

/** Rows of axis 1, given as a list for each output row; where a list has -1, a row of zeros. */
function gatherRows(call: KernelCall, x: Value, lists: readonly (readonly number[])[]): Value {
  const { graph } = call;
  const [batch, rows, channels] = x.shape as readonly [number, number, number];
  const width = lists[0]?.length ?? 0;
  const wanted = lists.flat();
  const missing = wanted.includes(-1);
  const amounts = call.dims([0, 0, 0, 0, 1, 0]);
  const source = missing
    ? graph.one('Pad', [x, amounts, call.scalar(0)], [batch, rows + 1, channels], 'float32', { mode: 'constant' })
    : x;
  const indices = dataValue(
    wanted.map((row) => (row < 0 ? rows : row)),
    [lists.length, width],
    'int32',
  );
  return graph.one('Gather', [source, indices], [batch, lists.length, width, channels], 'float32', { axis: 1 });
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const within = (position: number, count: number): number => (position >= 0 && position < count ? position : -1);

/** [B, T, C] -> [B, T', kernel * C] */
function unfoldKernel(call: KernelCall): Value {
  const { kernel, stride, padLeft, windows, frames } = windowsOf(call);
  const x = call.float('x');
  const [batch, , channels] = x.shape as readonly [number, number, number];
  const shape = [batch, windows, kernel * channels];
  if (kernel === 1 && stride === 1 && windows === frames) return x;
  return call.graph.reshape(
    gatherRows(
      call,
      x,
      range(windows).map((t) => range(kernel).map((m) => within(t * stride - padLeft + m, frames))),
    ),
    shape,
  );
}

/** [B, T', kernel * C] -> [B, T, C] */
function foldKernel(call: KernelCall): Value {
  const { kernel, stride, padLeft, windows, frames } = windowsOf(call);
  const y = call.float('y');
  const [batch, , width] = y.shape as readonly [number, number, number];
  const channels = width / kernel;
  if (kernel === 1 && stride === 1 && windows === frames) return y;
  const taps = call.graph.reshape(y, [batch, windows * kernel, channels]);
  const perFrame = Math.ceil(kernel / stride);
  const lists = range(frames).map((s) => {
    const list = range(kernel).flatMap((m) => {
      const t = (s + padLeft - m) / stride;
      return Number.isInteger(t) && t >= 0 && t < windows ? [t * kernel + m] : [];
    });
    return [...list, ...new Array<number>(perFrame - list.length).fill(-1)];
  });
  return call.graph.one(
    'ReduceSum',
    [gatherRows(call, taps, lists), call.dims([2])],
    [batch, frames, channels],
    'float32',
    { keepdims: 0 },
  );
}

const given = (attributes: Readonly<Record<string, unknown>>): Windows => attributes as unknown as Windows;

export const windows: KernelTable = {
  Unfold: {
    onnx: unfoldKernel,
    gradient: { of: (dy, _tensors, attributes) => ({ x: () => foldWindows(dy, given(attributes)) }) },
  },
  Fold: {
    onnx: foldKernel,
    gradient: { of: (dy, _tensors, attributes) => ({ y: () => unfoldWindows(dy, given(attributes)) }) },
  },
};
