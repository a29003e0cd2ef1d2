// The executor that the settings name.
import type { Executor } from '../core/pieces.js';
import type { ExecutorConfig } from './config.js';
import { localExecutor } from './local.js';
import { slurmExecutor } from './slurm.js';
import type { WorkerRegister } from './worker-process.js';

export function createExecutor(config: ExecutorConfig, register: WorkerRegister): Executor {
  return config.kind === 'slurm' ? slurmExecutor(config) : localExecutor(config, register);
}
