// The test cluster of cluster.sh: two nodes on this machine, of which one can be killed as when its power goes.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Why there can be no cluster here; undefined where there can. */
export function whyNoCluster(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':').concat('/usr/sbin');
  const installed = ['slurmctld', 'slurmd', 'munged', 'sbatch'].every((name) =>
    folders.some((folder) => existsSync(join(folder, name))),
  );
  if (!installed) return 'not installed: apt-get install slurm-wlm munge';
  return process.getuid?.() === 0 ? undefined : 'the test cluster needs root';
}

export interface Cluster {
  /** With it, commands talk to this cluster. */
  readonly env: NodeJS.ProcessEnv;
  /** A line for each task: number, state, node, name of the job. */
  queue(): string;
  /** Waits until the queue is so. */
  until(looks: RegExp): Promise<void>;
  /** The node loses its daemon and all that runs on it at once. @returns a function by which it comes back */
  kill(node: 'n1' | 'n2'): Promise<() => void>;
  stop(): void;
}

const script = join(import.meta.dirname, 'cluster.sh');

export async function startCluster(folder: string): Promise<Cluster> {
  const env = { ...process.env, SLURM_CONF: join(folder, 'slurm.conf'), PATH: `${process.env['PATH']}:/usr/sbin` };
  execFileSync('sh', [script, 'start', folder, String(await freePort())], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const queue = (): string =>
    execFileSync('squeue', ['--noheader', '--array', '--format=%i %T %N %j'], { env, encoding: 'utf8' }).trim();
  return {
    env,
    queue,
    until: async (looks) => {
      while (!looks.test(queue())) await wait(200);
    },
    kill: async (node) => {
      const daemon = Number(await readFile(join(folder, `slurmd.${node}.pid`), 'utf8'));
      for (const pid of [daemon, ...(await processesOf(node, daemon, env.SLURM_CONF))]) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          /* it ended by itself */
        }
      }
      execFileSync('scontrol', ['update', `nodename=${node}`, 'state=down', 'reason=power'], { env });
      return () => {
        spawn('slurmd', ['-N', node], { env, stdio: 'ignore' });
        execFileSync('scontrol', ['update', `nodename=${node}`, 'state=resume'], { env });
      };
    },
    stop: () => {
      execFileSync('sh', [script, 'stop', folder], { env, stdio: 'ignore' });
    },
  };
}

/** The first of three free ports. */
function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => {
        done(Math.min(port, 65_000));
      });
    });
  });
}

/** Tasks of a node of this cluster, and the children of its daemon. */
async function processesOf(node: string, daemon: number, config: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const read = (file: string): Promise<string> => readFile(join('/proc', name, file), 'utf8').catch(() => '');
    const environment = (await read('environ')).split('\0');
    const parent = Number((await read('stat')).split(') ')[1]?.split(' ')[1]);
    const isTask = environment.includes(`SLURMD_NODENAME=${node}`) && environment.includes(`SLURM_CONF=${config}`);
    if (isTask || parent === daemon) found.push(Number(name));
  }
  return found;
}
