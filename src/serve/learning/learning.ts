// Learning from a page: recipes and runs below one folder, each step a command of this program that the page shows.
// The commands are processes of their own: one that ends badly ends nothing else.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { quotedCommand } from '../../core/shown.js';
import { packageRoot } from '../../core/version.js';
import { runHolder } from '../../recipe/run-lock.js';
import { Refusal } from '../refusal.js';
import { foldersIn, viewRun, type RunView } from './watch.js';

/** Becomes names of files. */
const nameSchema = z
  .string()
  .max(64)
  .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u, 'letters, digits, dashes and dots');
const path = z
  .string()
  .min(1, 'is missing')
  .max(4096)
  .refine((text) => !text.includes('\0') && !text.startsWith('-'), 'is no path');
export const wishSchema = z.object({
  name: nameSchema,
  language: z
    .string()
    .min(1, 'is missing')
    .max(100)
    .refine((text) => !text.startsWith('-'), 'is no language'),
  audio: path,
  text: path,
  phonemizer: z.enum(['espeak', 'letters', 'phones', 'lexicon']).default('espeak'),
  lexicon: path.optional(),
  references: path.optional(),
});
export type Wish = z.infer<typeof wishSchema>;

export interface CommandEnd {
  readonly code: number | null;
  readonly stderr: string;
}

const mostOutput = 1 << 20;

export class Learning {
  readonly #own = new Map<string, { readonly ended: Promise<void>; readonly interrupt: () => void }>();

  /** @param folder recipes lie in it, runs below it */
  private constructor(readonly folder: string) {}

  static async open(folder: string): Promise<Learning> {
    const full = resolve(folder);
    await mkdir(join(full, 'runs'), { recursive: true });
    return new Learning(full);
  }

  /** Names of recipes and of runs. */
  async names(): Promise<string[]> {
    const recipes = (await readdir(this.folder))
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => name.slice(0, -5));
    const all = new Set([...recipes, ...(await foldersIn(join(this.folder, 'runs')))]);
    return [...all].filter((name) => nameSchema.safeParse(name).success).sort();
  }

  /** @throws Refusal 404 for a name that is none of these */
  known(name: string): string {
    if (nameSchema.safeParse(name).success && (existsSync(this.recipe(name)) || existsSync(this.run(name))))
      return name;
    throw new Refusal(404, 'no_such_recipe', `There is no recipe ${JSON.stringify(name)} here.`);
  }

  recipe = (name: string): string => join(this.folder, `${name}.yaml`);
  run = (name: string): string => join(this.folder, 'runs', name);
  log = (name: string): string => join(this.folder, 'runs', `${name}.log`);
  view = (name: string): Promise<RunView> => viewRun(this.run(name), this.log(name));

  newCommand({ name, language, audio, text, phonemizer, lexicon, references }: Wish): string[] {
    return [
      ...['new', language, '--audio', audio, '--text', text, '--output', `${name}.yaml`],
      ...(phonemizer === 'lexicon' ? ['--lexicon', lexicon ?? ''] : ['--phonemizer', phonemizer]),
      ...(references === undefined ? [] : ['--references', references]),
    ];
  }

  checkCommand = (name: string): string[] => ['check', `${name}.yaml`];
  runCommand = (name: string): string[] => ['run', `${name}.yaml`, '--run', join('runs', name)];
  /** As a person would type it in the folder. */
  shown = (args: readonly string[]): string => quotedCommand(['asr', ...args]);

  /** A command that ends soon, line by line of its stdout. @param signal ends it as ctrl-C does */
  async *lines(args: readonly string[], signal: AbortSignal): AsyncGenerator<string, CommandEnd> {
    const child = spawn(process.execPath, [program, ...args], { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const interrupt = (): void => {
      child.kill('SIGINT');
    };
    signal.addEventListener('abort', interrupt);
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-mostOutput)));
    const ended = new Promise<number | null>((done, fail) => {
      child.once('error', fail);
      child.once('close', done);
    });
    ended.catch(() => undefined);
    try {
      let rest = '';
      for await (const chunk of child.stdout) {
        const parts = (rest + String(chunk)).split('\n');
        rest = (parts.pop() ?? '').slice(0, mostOutput);
        for (const line of parts) if (line !== '') yield line;
      }
      return { code: await ended, stderr };
    } finally {
      signal.removeEventListener('abort', interrupt);
      if (child.exitCode === null) interrupt();
    }
  }

  /**
   * Begins or continues the run; what it says goes to a file, so that it lives on where this process is killed.
   * @throws Refusal 409
   */
  async start(name: string): Promise<void> {
    if (this.#own.has(name) || (await runHolder(this.run(name)).catch(() => undefined)))
      throw new Refusal(409, 'runs_already', `${name} runs already.`);
    await using log = await open(this.log(name), 'a');
    const args = this.runCommand(name);
    await log.write(`$ ${this.shown(args)}\n`);
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.folder,
      stdio: ['ignore', log.fd, log.fd],
    });
    const ended = new Promise<void>((done) => {
      const end = (): void => {
        this.#own.delete(name);
        done();
      };
      child.once('error', end);
      child.once('exit', end);
    });
    this.#own.set(name, { ended, interrupt: () => child.kill('SIGINT') });
  }

  /** As ctrl-C: finished stages stay, `start` goes on. @throws Refusal 409 where nobody runs on this machine */
  async stop(name: string): Promise<void> {
    const own = this.#own.get(name);
    if (own) {
      own.interrupt();
      return;
    }
    const holder = await runHolder(this.run(name));
    if (holder?.state !== 'runs') throw new Refusal(409, 'runs_not', `${name} does not run here.`);
    process.kill(holder.pid, 'SIGINT');
  }

  /** Whether a run of this server goes on. */
  runs = (name: string): boolean => this.#own.has(name);

  /** Ends the runs that this server began, as ctrl-C does, and waits for them. */
  async close(): Promise<void> {
    const own = [...this.#own.values()];
    for (const { interrupt } of own) interrupt();
    await Promise.all(own.map(({ ended }) => ended));
  }
}

const program = join(packageRoot, 'bin', 'asr.js');
