// Matrix products: the only kernel where the time goes. Input [..., n, k] and [..., k, m], output [..., n, m].
import { engineError } from '../errors.js';
import { tf } from '../tf.js';
import { broadcastShape, type Value } from '../graph.js';
import { reduceTo, saved, type KernelCall, type KernelTable } from '../kernel.js';

const swapped = (call: KernelCall, x: Value): Value => {
  const rank = x.shape.length;
  return call.graph.transpose(
    x,
    [...x.shape.keys()].map((i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i)),
  );
};

/** Numbers summed over, and outputs along each side, from which on turning an operand round pays; same bytes there. */
const [longSum, shorterSide, longerSide] = [512, 32, 128];

/** [n, m] -> [m, n]; by way of a third axis: a plain transposition the runtime would fold into the product again. */
function turned({ graph }: KernelCall, x: Value): Value {
  const [n, m] = x.shape as readonly [number, number];
  return graph.reshape(graph.transpose(graph.reshape(x, [n, m, 1]), [1, 0, 2]), [m, n]);
}

function matMul(call: KernelCall): Value {
  const a = call.float('a');
  const b = call.float('b');
  const transposeA = call.flag('transposeA');
  const transposeB = call.flag('transposeB');
  const [n, k] = (transposeA ? [...a.shape].reverse() : a.shape.slice(-2)) as [number, number];
  const [otherK, m] = (transposeB ? [...b.shape].reverse() : b.shape.slice(-2)) as [number, number];
  const batch = broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  if (k !== otherK || !batch) {
    throw engineError(
      'internal',
      `matMul: shapes [${a.shape.join()}]${transposeA ? ' transposed' : ''} and [${b.shape.join()}]` +
        `${transposeB ? ' transposed' : ''} do not fit`,
    );
  }
  const shape = [...batch, n, m];
  const isLarge = k >= longSum && Math.min(n, m) >= shorterSide && Math.max(n, m) >= longerSide;
  if (batch.length === 0 && transposeA && !transposeB && isLarge) {
    // aᵀ b with the narrower of both turned round beforehand: the runtime's own transposed product takes up to a third
    // longer (README.md).
    return n <= m
      ? call.graph.one('MatMul', [turned(call, a), b], shape, 'float32')
      : turned(call, call.graph.one('MatMul', [turned(call, b), a], [m, n], 'float32'));
  }
  if (batch.length === 0 && (transposeA || transposeB)) {
    return call.graph.one('Gemm', [a, b], shape, 'float32', { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 });
  }
  return call.graph.one(
    'MatMul',
    [transposeA ? swapped(call, a) : a, transposeB ? swapped(call, b) : b],
    shape,
    'float32',
  );
}

export const linear: KernelTable = {
  BatchMatMul: {
    onnx: matMul,
    gradient: {
      inputs: ['a', 'b'],
      of: (dy, tensors, { transposeA, transposeB }) => {
        const a = saved(tensors, 0);
        const b = saved(tensors, 1);
        const forA = (): tf.Tensor =>
          transposeA ? tf.matMul(b, dy, transposeB === true, true) : tf.matMul(dy, b, false, transposeB !== true);
        const forB = (): tf.Tensor =>
          transposeB ? tf.matMul(dy, a, true, transposeA === true) : tf.matMul(a, dy, transposeA !== true, false);
        return { a: () => reduceTo(forA(), a.shape), b: () => reduceTo(forB(), b.shape) };
      },
    },
  },
};
