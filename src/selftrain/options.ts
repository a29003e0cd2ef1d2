// Settings of the stage as the training functions want them.
import type { TrainOptions } from '../triphone/train.js';
import type { TieOptions } from '../triphone/passes.js';
import type { SelftrainHmmConfig } from './config.js';

export function trainOptions(config: SelftrainHmmConfig, gaussians: number): TrainOptions & TieOptions {
  const {
    iterations,
    realign,
    power,
    minGaussianFrames,
    varianceFloor,
    acousticScale,
    alignBeam,
    tiedStates,
    minStateFrames,
    minGain,
  } = config;
  return {
    iterations,
    realign,
    gaussians,
    power,
    minFrames: minGaussianFrames,
    varianceFloor,
    acousticScale,
    alignBeam,
    maxStates: tiedStates,
    minStateFrames,
    minGain,
  };
}
