// The executor that the settings name.
import type { Executor } from '../core/pieces.js';
import type { ExecutorConfig } from './config.js';
import { localExecutor } from './local.js';
import { slurmExecutor } from './slurm.js';
import { sshExecutor } from './ssh.js';
import type { WorkerRegister } from './worker-process.js';

export function createExecutor(config: ExecutorConfig, register: WorkerRegister): Executor {
  switch (config.kind) {
    case 'slurm':
      return slurmExecutor(config);
    case 'ssh':
      return sshExecutor(config);
    case 'local':
      return localExecutor(config, register);
  }
}
