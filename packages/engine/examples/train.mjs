// Trains a network of two layers to tell points inside a circle from those outside: `node train.mjs` prints the loss
// while it falls, and how many new points the network gets right.
import { compileStep, logisticLoss, ModelSession, tf, writeModel } from 'tfjs-jit';

const network = (x, [w1, b1, w2, b2]) => {
  const hidden = tf.relu(tf.add(tf.matMul(x, w1), b1));
  return tf.reshape(tf.add(tf.matMul(hidden, w2), b2), [x.shape[0]]);
};
let seed = 1; // a linear congruential generator: every run draws the same numbers
const draw = () => (seed = (seed * 48271) % 2147483647) / 1073741823.5 - 1;
const drawn = (...shape) => ({ shape, init: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, draw) });
const start = { w1: drawn(2, 32), b1: drawn(32), w2: drawn(32, 1), b2: drawn(1) };
const points = (n) => {
  const x = Float32Array.from({ length: 2 * n }, draw);
  return { x, inside: Float32Array.from({ length: n }, (_, i) => Number(Math.hypot(x[2 * i], x[2 * i + 1]) < 0.75)) };
};

const inputs = { x: { shape: [256, 2] }, inside: { shape: [256] } };
const step = await compileStep(
  (state, { x, inside }) => {
    const loss = (...weights) => tf.mean(logisticLoss(network(x, weights), inside));
    const weights = Object.values(state);
    const slopes = tf.grads(loss)(weights);
    const next = Object.keys(state).map((name, i) => [name, tf.sub(weights[i], tf.mul(0.5, slopes[i]))]);
    return { state: Object.fromEntries(next), outputs: { loss: loss(...weights) } };
  },
  start,
  inputs,
);
for (let t = 1; t <= 1000; t++) {
  const { loss } = await step.step(points(256));
  if (t % 200 === 0) console.log(`step ${t}: loss ${loss[0].toFixed(3)}`);
}

const learned = () => Object.entries(step.state).map(([name, values]) => tf.tensor(values, start[name].shape));
const whole = ({ x }) => ({ logits: network(x, learned()) });
const onnx = writeModel(whole, { x: { shape: ['points', 2] } }, { storage: 'float16' }); // of use to any ONNX runtime
const trained = await ModelSession.open(onnx, { name: 'circle', threads: 1, engine: 'cpu' });
const { x, inside } = points(1000);
const { logits } = await trained.run({ x: { data: x, shape: [1000, 2] } });
console.log(`right: ${logits.data.filter((logit, i) => logit > 0 === (inside[i] === 1)).length} of 1000`);
await step.dispose();
await trained.dispose();
