// Runs the built program as its user would: a process, its exit code, stdout and stderr.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export const projectFolder = join(import.meta.dirname, '..', '..');
const builtProgram = join(projectFolder, 'bin', 'asr.js');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Another copy of bin/asr.js. */
  readonly program?: string;
  /** A shell command before it, such as a limit. */
  readonly shell?: string;
  /** The process is killed as by `kill -9` as soon as this is true of its stderr so far. */
  readonly killWhen?: (stderr: string) => boolean;
  /** How long after that, in milliseconds. */
  readonly killDelay?: number;
  /** As soon as `when` is true of its stderr, the process stands still until `meanwhile` is done. */
  readonly pause?: { when(stderr: string): boolean; meanwhile(): Promise<void> };
  /** Gets ctrl-C as soon as this is true; asked ten times a second. */
  readonly interruptWhen?: () => boolean;
  /** What comes through stdin. */
  readonly input?: Uint8Array;
}

export function asr(args: readonly string[], options: ProgramOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const command = [process.execPath, options.program ?? builtProgram, ...args];
    const [file, ...rest] =
      options.shell === undefined ? command : ['/bin/sh', '-c', `${options.shell}; exec "$@"`, 'sh', ...command];
    const child = spawn(file as string, rest, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: [options.input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    child.stdin?.end(options.input);
    const { interruptWhen } = options;
    const watch =
      interruptWhen &&
      setInterval(() => {
        if (interruptWhen()) {
          clearInterval(watch);
          child.kill('SIGINT');
        }
      }, 100);
    let stdout = '';
    let stderr = '';
    let paused = false;
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      if (!paused && options.pause?.when(stderr) === true) {
        paused = true;
        child.kill('SIGSTOP');
        options.pause
          .meanwhile()
          .catch(reject)
          .finally(() => {
            child.kill('SIGCONT');
          });
      }
      if (options.killWhen?.(stderr))
        setTimeout(() => {
          child.kill('SIGKILL');
        }, options.killDelay ?? 0);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(watch);
      resolve({ code, stdout, stderr });
    });
  });
}

/** The last line of stdout as JSON. */
export function lastJson(outcome: Outcome): unknown {
  return JSON.parse(outcome.stdout.trim().split('\n').at(-1) ?? '');
}
