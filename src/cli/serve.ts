// `asr serve`: models behind HTTP, in the form of OpenAI's API, with a page for people. Until ctrl-C.
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { collect, engineOption, NumberOption } from './options.js';
import type { Compute } from '../core/stage.js';
import { usualLimits } from '../serve/usual-limits.js';

interface ServeCommandOptions {
  readonly model: readonly string[];
  readonly host: string;
  readonly port: string;
  readonly tokenFile?: string;
  readonly jobs: string;
  readonly queue: string;
  readonly maxMegabytes: string;
  readonly maxSeconds: string;
  readonly uploadSeconds: string;
  readonly live: string;
  readonly grace: string;
  readonly engine?: Compute['engine'];
  readonly learn?: string;
}

const examples = `
A model is FOLDER or NAME=FOLDER; several are separated by commas, or --model is repeated. The first is the default.

Examples:
  asr serve --model runs/demo-es                     then open http://127.0.0.1:8080
  curl -F file=@talk.wav -F response_format=srt http://127.0.0.1:8080/v1/audio/transcriptions
  asr serve --model es=runs/demo-es,sw=runs/sw --jobs 2
  asr serve --model M --host 0.0.0.0 --token-file token      for other machines: docs/serve.md`;

export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description("serve models over HTTP, in the form of OpenAI's API, with a page to listen and correct")
    .option('--model <folders>', 'runs or model folders, each with a name if you like', collect, [])
    .option(
      '--learn <folder>',
      'new models may be learned from the page /new: recipes and runs go there; needs a token',
    )
    .option('--host <address>', 'where to listen; beyond this machine only with --token-file', '127.0.0.1')
    .addOption(
      new NumberOption('--port <number>', '0 takes any that is free', { least: 0, most: 65_535 }).default('8080'),
    )
    .option('--token-file <file>', 'holds what clients must send; ASR_SERVE_TOKEN does it, too')
    .addOption(
      new NumberOption('--jobs <number>', 'recordings at once; each needs the memory of a model', {
        least: 1,
        most: 256,
      }).default(String(usualLimits.jobs)),
    )
    .addOption(
      new NumberOption('--queue <number>', 'recordings that may wait; more are told to come later (429)', {
        least: 0,
        most: 10_000,
      }).default(String(usualLimits.queue)),
    )
    .addOption(
      new NumberOption('--max-megabytes <number>', 'of a file', { least: 1, most: 1_000_000 }).default(
        String(usualLimits.mostBytes / 1e6),
      ),
    )
    .addOption(
      new NumberOption('--max-seconds <number>', 'that transcribing a recording may take', {
        least: 1,
        most: 86_400,
      }).default(String(usualLimits.mostSeconds)),
    )
    .addOption(
      new NumberOption('--upload-seconds <number>', 'that sending a file may take', { least: 1, most: 86_400 }).default(
        String(usualLimits.uploadSeconds),
      ),
    )
    .addOption(
      new NumberOption('--live <number>', 'live sessions at once', { least: 0, most: 1000 }).default(
        String(usualLimits.mostLive),
      ),
    )
    .addOption(
      new NumberOption('--grace <number>', 'seconds to finish what is going on, at the end', {
        least: 0,
        most: 3600,
      }).default(String(usualLimits.graceSeconds)),
    )
    .addOption(engineOption())
    .addHelpText('after', examples)
    .action((options: ServeCommandOptions) => serveCommand(options));
}

async function serveCommand(options: ServeCommandOptions): Promise<void> {
  const { createLog } = await import('../core/log.js');
  const { namedModel } = await import('../serve/models.js');
  const { startServer } = await import('../serve/server.js');
  const { firstInterrupt } = await import('./interrupt.js');
  const log = createLog();
  if (options.model.length === 0 && options.learn === undefined) {
    const { AsrError } = await import('../core/errors.js');
    throw new AsrError(
      'usage',
      'asr serve: no model is named',
      'asr serve --model runs/demo-es; or --learn FOLDER to learn one.',
    );
  }
  const server = await startServer({
    models: (await modelNames(options.model)).map(namedModel),
    host: options.host,
    port: Number(options.port),
    token: await tokenOf(options),
    jobs: Number(options.jobs),
    queue: Number(options.queue),
    mostBytes: 1e6 * Number(options.maxMegabytes),
    mostSeconds: Number(options.maxSeconds),
    uploadSeconds: Number(options.uploadSeconds),
    mostLive: Number(options.live),
    graceSeconds: Number(options.grace),
    engine: options.engine,
    learn: options.learn,
    log,
  });
  process.stdout.write(`${server.url}\n`);
  log.info('open this address in a browser; ctrl-C ends the server');
  await firstInterrupt();
  log.info(`ending: what is going on has ${options.grace} s to finish`);
  await server.close();
}

/** A folder may have a comma in its name. */
async function modelNames(given: readonly string[]): Promise<string[]> {
  const { existsSync } = await import('node:fs');
  return given.flatMap((text) => {
    const folder = text.replace(/^[^=/\\]+=/u, '');
    return existsSync(folder) ? [text] : text.split(',').filter((name) => name !== '');
  });
}

async function tokenOf({ tokenFile }: ServeCommandOptions): Promise<string | undefined> {
  const { toAsrError } = await import('../core/errors.js');
  const text =
    tokenFile === undefined
      ? process.env['ASR_SERVE_TOKEN']
      : await readFile(tokenFile, 'utf8').catch((error: unknown) => {
          throw toAsrError(error);
        });
  const token = text?.trim();
  return tokenFile === undefined && token === '' ? undefined : token;
}
