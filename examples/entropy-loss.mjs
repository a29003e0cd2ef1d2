// A further term of the GAN's loss: the generator is to be sure of each frame. Everything is traced into the graph that
// trains, so it is made of the operations of `tf` alone.
/** @param {import('unsupervised-asr').PluginApi} asr */
export default ({ z, defineLoss }) =>
  defineLoss({
    name: 'entropy',
    version: 1,
    summary: 'the mean entropy of the output of a frame',
    config: z.object({ weight: z.number().min(0).max(100).default(0.5).describe('weight of the term') }),
    generator({ tf, probs, mask }, { weight }) {
      const entropy = tf.neg(tf.sum(tf.mul(probs, tf.log(tf.add(probs, 1e-7))), 2));
      const frames = tf.maximum(tf.sum(mask), 1);
      return tf.mul(tf.div(tf.sum(tf.mul(entropy, mask)), frames), weight);
    },
  });
