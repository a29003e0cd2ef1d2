// Hosts on this machine: each an sshd of its own on a loopback port, with keys of its own in a folder of the test. One
// can be stopped like a machine that hangs, and go on; all end with the test.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const sshd = ['/usr/sbin/sshd', '/usr/bin/sshd', '/usr/local/sbin/sshd'].find((path) => existsSync(path));

/** Why there can be no hosts here; undefined where there can. */
export function whyNoHosts(): string | undefined {
  if (!sshd) return 'not installed: apt-get install openssh-server';
  // As root it wants a folder of the system's, which its service makes.
  if (process.getuid?.() === 0)
    try {
      mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    } catch {
      return 'sshd needs the folder /run/sshd';
    }
  return undefined;
}

/** Why no folder can be mounted over the network here; undefined where one can. */
export function whyNoMount(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root mounts in a namespace of its own';
  if (!existsSync('/dev/fuse')) return 'no /dev/fuse';
  return existsSync('/usr/bin/sshfs') ? undefined : 'not installed: apt-get install sshfs';
}

/**
 * A shell command for `asr`'s option `shell`: the program after it sees a folder as a host serves it, through a cache
 * that holds names and attributes for some seconds, absent ones too, as NFS does; every other program sees it as it is.
 */
export const seenLate = (config: string, host: string, folder: string, seconds: number): string => {
  const kinds = ['dcache', 'dcache_stat', 'dcache_dir', 'entry', 'negative', 'attr'];
  const caches = kinds.map((kind) => `${kind}_timeout=${seconds}`);
  const mount = `sshfs -F ${config} ${host}:${folder} ${folder} -o dir_cache=yes,${caches.join(',')}`;
  return `exec unshare -m --propagation private sh -c '${mount} && exec "$@"' sh "$@"`;
};

export interface LocalHosts {
  /** Settings of ssh that know the hosts by name. */
  readonly config: string;
  /** All processes of a host stand still. @returns a function by which they go on */
  freeze(name: string): () => void;
  /** Processes whose command line holds this. */
  running(words: string): number;
  stop(): void;
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => {
        done(port);
      });
    });
  });
}

/** A name beginning with `gone` gets a port at which nobody listens. */
export async function startHosts(folder: string, names: readonly string[]): Promise<LocalHosts> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const key of ['host', 'user'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
  const config = join(folder, 'ssh-config');
  const daemons = new Map<string, number>();
  let text = `IdentityFile ${join(folder, 'user')}\nIdentitiesOnly yes\nUserKnownHostsFile ${join(folder, 'known')}\n`;
  text += 'StrictHostKeyChecking accept-new\nHostName 127.0.0.1\nLogLevel ERROR\n';
  for (const name of names) {
    const port = await freePort();
    text += `Host ${name}\n  Port ${port}\n`;
    if (name.startsWith('gone')) continue;
    const settings = join(folder, `${name}.conf`);
    await writeFile(
      settings,
      `ListenAddress 127.0.0.1\nPort ${port}\nHostKey ${join(folder, 'host')}\nPidFile none\nStrictModes no\n` +
        `AuthorizedKeysFile ${join(folder, 'user.pub')}\nPasswordAuthentication no\nUsePAM no\nPermitRootLogin yes\n` +
        'Subsystem sftp internal-sftp\n',
    );
    const daemon = spawn(sshd!, ['-D', '-e', '-f', settings], { stdio: 'ignore' });
    daemons.set(name, daemon.pid!);
  }
  await writeFile(config, text);
  for (const name of daemons.keys())
    for (let tries = 0; !answers(config, name); tries++) {
      if (tries === 40) throw new Error(`${name}: sshd did not come up`);
      await wait(250);
    }
  const signal = (name: string, kind: NodeJS.Signals): void => {
    for (const pid of below(daemons.get(name)!))
      try {
        process.kill(pid, kind);
      } catch {
        /* it ended by itself */
      }
  };
  return {
    config,
    freeze: (name) => {
      signal(name, 'SIGSTOP');
      return () => {
        signal(name, 'SIGCONT');
      };
    },
    running: (words) => processes().filter(({ command }) => command.includes(words)).length,
    stop: () => {
      for (const name of daemons.keys()) signal(name, 'SIGKILL');
    },
  };
}

function answers(config: string, name: string): boolean {
  try {
    execFileSync('ssh', ['-F', config, '-o', 'BatchMode=yes', name, 'true'], { stdio: 'ignore', timeout: 5000 });
    return true;
  } catch {
    return false;
  }
}

function processes(): { pid: number; parent: number; command: string }[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const parent = Number(readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]);
      return [{ pid: Number(name), parent, command: readFileSync(`/proc/${name}/cmdline`, 'utf8') }];
    } catch {
      return [];
    }
  });
}

/** The process and all that came of it. */
function below(root: number): number[] {
  const all = processes();
  const found = [root];
  for (let i = 0; i < found.length; i++)
    found.push(...all.filter(({ parent }) => parent === found[i]).map(({ pid }) => pid));
  return found;
}
