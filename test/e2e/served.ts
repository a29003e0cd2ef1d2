// The built program as a server: started on any free port of this machine, ended as by ctrl-C.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import WebSocket from 'ws';
import { wavBytes } from '../audio/signals.js';
import { babble } from '../transcribe/small-model.js';
import { projectFolder } from './program.js';

export interface Served {
  readonly url: string;
  readonly port: string;
  readonly pid: number;
  /** What it said on stderr so far. */
  readonly log: () => string;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
  /** Ctrl-C. @returns the exit code */
  stop(): Promise<number | null>;
}

/** @throws Error with its stderr where it ends before it listens */
export const serve = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Served> =>
  listening(['serve', '--port', '0', ...args], { env });

/** A command that prints its address and goes on. @throws as serve */
export function listening(
  args: readonly string[],
  { env = {}, cwd }: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<Served> {
  const program = join(projectFolder, 'bin', 'asr.js');
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ...env },
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      resolve(code);
    });
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      const url = /^(http:\/\/\S+)\n/.exec(stdout)?.[1];
      if (url === undefined) return;
      resolve({
        url,
        port: new URL(url).port,
        pid: child.pid as number,
        log: () => stderr,
        ended,
        stop: () => {
          child.kill('SIGINT');
          return ended;
        },
      });
    });
    void ended.then((code) => {
      reject(new Error(`asr ${args[0]} ended with ${code}: ${stderr}`));
    });
  });
}

export interface LiveMessage {
  readonly type: string;
  readonly text: string;
  readonly start: number;
  readonly error: { readonly code: string };
  readonly seconds: number;
}

/** Sends PCM in pieces of a fifth of a second, then the end. @returns all messages */
export function talk(to: Served, query: string, pcm: Buffer, protocols: string[] = []): Promise<LiveMessage[]> {
  const socket = new WebSocket(`ws://127.0.0.1:${to.port}/v1/live${query}`, ['asr-live', ...protocols]);
  const messages: LiveMessage[] = [];
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      for (let from = 0; from < pcm.length; from += 6400) socket.send(pcm.subarray(from, from + 6400));
      socket.send(JSON.stringify({ type: 'end' }));
    });
    socket.on('message', (data) => messages.push(JSON.parse((data as Buffer).toString()) as LiveMessage));
    socket.on('close', () => {
      resolve(messages);
    });
    socket.on('error', reject);
  });
}

/** Speech with a pause in the middle, so that there are two utterances at least. */
export function sound(seed: number, seconds = 9): Buffer {
  const half = Math.floor((seconds - 1) / 2);
  const samples = new Float32Array(seconds * 16_000);
  samples.set(babble(half, seed));
  samples.set(babble(half, seed + 7), (half + 1) * 16_000);
  return wavBytes([samples], 16_000, 's16');
}
