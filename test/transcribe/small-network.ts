// Networks over log-mel frames that were never trained: seeded numbers in every part, with outputs that have opinions.
import { bootstrapConfig } from '../../src/bootstrap/config.js';
import type { AcousticModel } from '../../src/bootstrap/acoustic-model.js';
import { initialParameters, networkShape } from '../../src/bootstrap/network.js';
import type { TrainedNetwork } from '../../src/bootstrap/posteriors.js';
import { settingsFor, type BootstrapSettings } from '../../src/bootstrap/settings.js';
import { viewColumns } from '../../src/bootstrap/view.js';
import type { Rng } from '../../src/core/rng.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import type { NgramModel } from '../../src/lm/ngram.js';

const bands = 40;

export function smallNetwork(rng: Rng, classes: number): TrainedNetwork {
  const shape = networkShape(bands, classes, { channels: 12, layers: 3, kernel: 5 });
  const parameters = Object.fromEntries(
    Object.entries(initialParameters(shape, rng.fork('network'))).map(([name, { init }]) => [
      name,
      name === 'w' ? init.map((value) => 100 * value) : init,
    ]),
  );
  const moments = Array.from({ length: shape.layers }, () => ({
    mean: Float32Array.from({ length: shape.channels }, () => 0.3 * rng.normal()),
    variance: Float32Array.from({ length: shape.channels }, () => 0.5 + rng.uniform()),
  }));
  return { shape, parameters, moments };
}

/** A network with two Gaussians a phone beside it, as the bootstrap learns them. @param phones the last is silence */
export function smallBootstrap(
  rng: Rng,
  normal: (size: number, scale: number) => Float32Array,
  phones: readonly string[],
): {
  acoustics: AcousticModel;
  lm: NgramModel;
  settings: BootstrapSettings;
  length: { insertion: number; phonesPerSecond: number };
} {
  const network = smallNetwork(rng, phones.length);
  const components = 2;
  const states = phones.length * components;
  const dim = viewColumns({ bands });
  const gaussians = {
    ...{ states, dim, means: normal(states * dim, 0.7) },
    variances: normal(states * dim, 0.3).map((x) => 1 + Math.abs(x)),
  };
  const spoken = phones.slice(0, -1);
  return {
    acoustics: {
      network,
      logPrior: new Float32Array(phones.length).fill(-Math.log(phones.length)),
      mixtures: {
        ...{ classes: phones.length, components, gaussians },
        logWeights: new Float64Array(states).fill(-Math.log(components)),
      },
    },
    lm: estimateNgram(
      spoken.map((phone, i) => [phone, spoken[(i * 3 + 1) % spoken.length]!, spoken[(i * 2 + 3) % spoken.length]!]),
      { order: 2 },
    ),
    settings: settingsFor(bootstrapConfig.parse({}), 'bands'),
    length: { insertion: 0, phonesPerSecond: 10 },
  };
}
