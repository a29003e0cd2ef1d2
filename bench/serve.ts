// Many clients at one server: each sends one of some recordings again and again, and has to get the words of its own.
// Says how many requests were answered, how long they took, how memory went, and how fast the same goes without a
// server. node dist/bench/serve-main.js MODEL [seconds] [clients] [jobs]
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface LoadOptions {
  readonly model: string;
  readonly files: readonly string[];
  readonly seconds: number;
  readonly clients: number;
  readonly jobs: number;
}

export interface LoadResult {
  readonly answered: number;
  readonly errors: readonly string[];
  readonly wrong: number;
  /** Seconds of sound a second, and CPU seconds of the server for a second of sound. */
  readonly soundPerSecond: number;
  readonly cpuPerSound: number;
  readonly medianSeconds: number;
  readonly slowestSeconds: number;
  /** Resident bytes of the server every tenth of the time. */
  readonly memory: readonly number[];
}

const program = join(fileURLToPath(new URL('../../', import.meta.url)), 'bin', 'asr.js');

export interface Sound {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What `asr transcribe` says of it. */
  readonly text: string;
  readonly seconds: number;
}

/**
 * `asr transcribe --jobs` over all files.
 * @returns what it said; seconds of sound a second from the first transcript on, since a server is loaded as well; CPU
 *   seconds for a second of sound, loading included
 */
export async function plainTranscripts({
  model,
  files,
  jobs,
}: LoadOptions): Promise<{ sounds: Sound[]; soundPerSecond: number; cpuPerSound: number }> {
  const args = ['transcribe', ...files, '--model', model, '--json', '--jobs', String(jobs)];
  const { text: lines, took, cpu } = await outputOf(args);
  const told = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { file: string; seconds: number; phones: { phone: string }[] });
  const sounds = await Promise.all(
    told.map(async ({ file, seconds, phones }) => ({
      name: basename(file),
      bytes: Uint8Array.from(await readFile(file)),
      text: phones.map(({ phone }) => phone).join(' '),
      seconds,
    })),
  );
  const heard = told.slice(1).reduce((sum, { seconds }) => sum + seconds, 0);
  return { sounds, soundPerSecond: heard / took, cpuPerSound: cpu / (heard + (told[0]?.seconds ?? 0)) };
}

export async function serveLoad(options: LoadOptions, sounds: readonly Sound[]): Promise<LoadResult> {
  const { model, clients, jobs, seconds } = options;
  const server = spawn(process.execPath, [
    program,
    'serve',
    '--model',
    model,
    '--port',
    '0',
    '--jobs',
    String(jobs),
    '--queue',
    String(clients),
  ]);
  const url = await new Promise<string>((resolve, reject) => {
    server.stdout.on('data', (chunk: Buffer) => {
      resolve(chunk.toString().trim());
    });
    server.once('close', (code) => {
      reject(new Error(`the server ended with ${code}`));
    });
  });
  const times: number[] = [];
  const errors: string[] = [];
  let wrong = 0;
  let heard = 0;
  const memory: number[] = [];
  const before = await figure(url, 'process_cpu_seconds_total');
  const begun = performance.now();
  const end = begun + seconds * 1000;
  const watch = setInterval(
    () => void figure(url, 'process_resident_memory_bytes').then((bytes) => memory.push(bytes)),
    seconds * 100,
  );
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let i = client; performance.now() < end; i++) {
        const sound = sounds[i % sounds.length] as Sound;
        const asked = performance.now();
        try {
          const text = await ask(url, sound);
          if (text !== sound.text) wrong++;
          heard += sound.seconds;
          times.push((performance.now() - asked) / 1000);
        } catch (error) {
          errors.push((error as Error).message);
        }
      }
    }),
  );
  const took = (performance.now() - begun) / 1000;
  clearInterval(watch);
  const cpu = (await figure(url, 'process_cpu_seconds_total')) - before;
  server.kill('SIGINT');
  times.sort((a, b) => a - b);
  return {
    ...{ answered: times.length, errors, wrong, memory },
    soundPerSecond: heard / took,
    cpuPerSound: cpu / heard,
    medianSeconds: times[times.length >> 1] ?? NaN,
    slowestSeconds: times.at(-1) ?? NaN,
  };
}

export async function ask(url: string, { name, bytes }: Sound): Promise<string> {
  const form = new FormData();
  form.append('tokens', 'phones');
  form.append('file', new Blob([bytes]), name);
  const response = await fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', body: form });
  const answer = (await response.json()) as { text: string; error?: { message: string } };
  if (answer.error) throw new Error(answer.error.message);
  return answer.text;
}

async function figure(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]);
}

/** @returns stdout, seconds from the first of it to the end, and CPU seconds of all, which only a shell tells */
function outputOf(args: readonly string[]): Promise<{ text: string; took: number; cpu: number }> {
  const command = ['-c', '"$@"; code=$?; times >&2; exit $code', 'bash', process.execPath, program, ...args];
  const child = spawn('bash', command, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  let first: number | undefined;
  child.stdout.on('data', (chunk: Buffer) => {
    first ??= performance.now();
    text += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.once('close', (code) => {
      const took = (performance.now() - (first ?? 0)) / 1000;
      if (code === 0) resolve({ text, took, cpu: childrenCpu(said) });
      else reject(new Error(`asr ${args[0] ?? ''} ended with ${code}: ${said}`));
    });
  });
}

/** The last line of `times`: user and system time of what the shell ran, as 1m2.345s. */
function childrenCpu(said: string): number {
  const line = said.trim().split('\n').at(-1) ?? '';
  const times = [...line.matchAll(/(\d+)m([\d.]+)s/gu)];
  return times.reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0);
}
