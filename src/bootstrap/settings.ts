// The settings of a bootstrap with the defaults of what its network hears filled in.
import { byInput, type BootstrapConfig } from './config.js';

/** The same with every default in its place. */
export type BootstrapSettings = Omit<BootstrapConfig, 'speech' | 'network' | 'train' | 'adapt'> & {
  readonly speech: Filled<BootstrapConfig['speech']>;
  readonly network: Filled<BootstrapConfig['network']>;
  readonly train: Filled<BootstrapConfig['train']>;
  readonly adapt: Filled<BootstrapConfig['adapt']>;
};

type Filled<T> = { readonly [K in keyof T]: Exclude<T[K], null> };

export function settingsFor(config: BootstrapConfig, input: 'bands' | 'vectors'): BootstrapSettings {
  const { speech, network, train, adapt } = config;
  const or = (value: number | null, name: Exclude<keyof typeof byInput, 'agreed'>): number =>
    value ?? byInput[name][input === 'bands' ? 0 : 1];
  return {
    ...config,
    speech: { ...speech, hours: or(speech.hours, 'hours'), voices: or(speech.voices, 'voices') },
    network: {
      channels: or(network.channels, 'channels'),
      layers: or(network.layers, 'layers'),
      kernel: or(network.kernel, 'kernel'),
      dropout: or(network.dropout, 'dropout'),
      inputDropout: or(network.inputDropout, 'inputDropout'),
    },
    train: {
      ...train,
      epochs: or(train.epochs, 'epochs'),
      crop: or(train.crop, 'crop'),
      learningRate: or(train.learningRate, 'learningRate'),
    },
    adapt: {
      ...adapt,
      rounds: or(adapt.rounds, 'rounds'),
      epochs: or(adapt.epochs, 'roundEpochs'),
      synthetic: or(adapt.synthetic, 'synthetic'),
      mixtureScale: or(adapt.mixtureScale, 'mixtureScale'),
      networkWeight: or(adapt.networkWeight, 'networkWeight'),
      agreed: adapt.agreed ?? byInput.agreed[input === 'bands' ? 0 : 1],
    },
  };
}
