// What a result was made with: versions, commit, machine. Nothing in it names a person or a path.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { packageRoot, programVersion } from '../core/version.js';

export interface Environment {
  /** Of program, Node and the libraries that compute. */
  readonly versions: Readonly<Record<string, string>>;
  /** null outside a git checkout. */
  readonly commit: string | null;
  /** Files of the checkout differed from the commit. */
  readonly dirty: boolean;
  readonly machine: string;
  /** Load average of the last minute when it began: who else used the machine. */
  readonly load: number;
}

export async function readEnvironment(): Promise<Environment> {
  const commit = await git('rev-parse', 'HEAD');
  const changed = commit === null ? null : await git('status', '--porcelain', '--untracked-files=no');
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
  return {
    versions: {
      asr: programVersion,
      node: process.version,
      'onnxruntime-node': versionOf('onnxruntime-node'),
      '@tensorflow/tfjs-core': versionOf('@tensorflow/tfjs-core'),
    },
    commit,
    dirty: changed !== null && changed !== '',
    machine:
      `${processor}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()}` +
      ` ${arch()}`,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

async function git(...args: string[]): Promise<string | null> {
  try {
    return (await promisify(execFile)('git', ['-C', packageRoot, ...args])).stdout.trim();
  } catch {
    return null;
  }
}

function versionOf(name: string): string {
  try {
    return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
  } catch {
    return 'unknown';
  }
}
