// Mends the order of tfjs's gradient tape while a function is traced. tfjs records the copy of an output
// that a gradient keeps before the operation that makes the output, so that a second derivative misses
// everything that flows through the copy, without an error (tf.logSoftmax and tf.customGrad with save do so).
import { tf } from './tf.js';

interface TapeNode {
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
  readonly saved?: readonly tf.Tensor[];
}

type TapingCall = [
  name: string,
  inputs: unknown,
  outputs: readonly tf.Tensor[],
  gradient: unknown,
  saved: readonly tf.Tensor[],
  attributes: unknown,
];

/** The part of tfjs's engine that its types hide. */
interface Taping {
  addTapeNode: (...call: TapingCall) => void;
  readonly state: { readonly activeTape: TapeNode[] };
}

/**
 * Moves copies of this node's outputs behind it. The node is the last of the tape, the copies stand close before it.
 */
function reorder(tape: TapeNode[], outputs: readonly tf.Tensor[], saved: readonly tf.Tensor[]): void {
  const kept = new Set(saved.map((tensor) => tensor.id));
  const made = new Set(outputs.map((tensor) => tensor.id));
  const copies: TapeNode[] = [];
  for (let i = tape.length - 2, remaining = kept.size; i >= 0 && remaining > 0; i--) {
    const node = tape[i] as TapeNode;
    const copy = node.outputs[0];
    if (!copy || !kept.has(copy.id)) continue;
    remaining--;
    const source = node.inputs['x'];
    if (source && made.has(source.id)) copies.unshift(...tape.splice(i, 1));
  }
  tape.push(...copies);
}

/** @returns a function that takes the mend back */
export function mendTape(): () => void {
  const engine = tf.engine() as unknown as Taping;
  const original = engine.addTapeNode;
  engine.addTapeNode = function addTapeNode(...call): void {
    original.apply(engine, call);
    const [, , outputs, , saved] = call;
    if (saved.length > 0) reorder(engine.state.activeTape, outputs, saved);
  };
  return () => {
    engine.addTapeNode = original;
  };
}
