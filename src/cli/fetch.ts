// `asr fetch`: the one command that downloads, and only what is named. Says what will come and under which licence, and
// asks before it does; the folder goes to stdout.
import type { Command } from 'commander';
import { collect, emitJson, given, type JsonOption } from './options.js';
import type { FetchPlan } from '../hub/fetch.js';

interface FetchOptions extends JsonOption {
  readonly list?: boolean;
  readonly yes?: boolean;
  readonly offline?: boolean;
  readonly file: readonly string[];
}

export function addFetchCommand(program: Command): void {
  program
    .command('fetch')
    .description("fetch a published encoder by its name into Hugging Face's cache; the one command that downloads")
    .argument('[name]', 'ORG/NAME or ORG/NAME@REVISION, as features.model may say it', given)
    .option('--list', 'encoders that are known to work: megabytes, blocks, licence, languages, whether fetched')
    .option('--yes', 'agree to size and licence without being asked')
    .option('--file <path>', 'this file of the page instead of what an encoder needs; may be repeated', collect, [])
    .option('--offline', 'only say where it lies; HF_HUB_OFFLINE=1 does the same')
    .option('--json', 'one line of JSON: name, commit, folder, licence, bytes, files')
    .addHelpText(
      'after',
      `
HubVariables: HF_HOME or HF_HUB_CACHE (where it goes), HF_ENDPOINT (a mirror), HF_TOKEN (for models behind terms).
A download that was cut is continued; nothing is used before its checksum is right.`,
    )
    .action(fetchCommand);
}

async function fetchCommand(text: string | undefined, options: FetchOptions): Promise<void> {
  const { AsrError } = await import('../core/errors.js');
  if (options.list) {
    await list(options);
    return;
  }
  const { fetchedFolder, parseModelName, shownName } = await import('../hub/index.js');
  const model = text === undefined ? undefined : parseModelName(text);
  if (!model)
    throw new AsrError(
      'usage',
      `asr fetch: ${text === undefined ? 'which model?' : `"${text}" is no name of a model`}`,
      'Names look like facebook/wav2vec2-base or ORG/NAME@REVISION; `asr fetch --list` shows some.',
    );
  if (options.offline || (process.env['HF_HUB_OFFLINE'] ?? '0') !== '0') {
    const folder = fetchedFolder(model);
    if (folder === undefined)
      throw new AsrError(
        'model',
        `${shownName(model)}: not fetched, and --offline forbids the network`,
        `With a network: asr fetch ${shownName(model)}`,
      );
    say({ name: model.name, folder }, folder, options);
    return;
  }
  const { withInterrupt } = await import('./interrupt.js');
  await withInterrupt(async (signal) => {
    const { fetchPlanned, planFetch } = await import('../hub/fetch.js');
    const { hubAccess } = await import('../hub/request.js');
    const { createLog } = await import('../core/log.js');
    const access = hubAccess(process.env, signal);
    const plan = await planFetch(model, options.file, access, process.env);
    if (plan.bytes > 0) await agree(plan, options, signal);
    await fetchPlanned(plan, access, createLog());
    const { commit, licence, bytes, folder, files } = plan;
    say(
      { name: model.name, commit, folder, licence: licence ?? null, bytes, files: files.map(({ path }) => path) },
      folder,
      options,
    );
    if (!options.json) process.stderr.write(`In a recipe: features: { kind: encoder, model: ${shownName(model)} }\n`);
  }, 'The same command continues where it stopped.');
}

function say(record: object, folder: string, { json }: FetchOptions): void {
  if (json) emitJson(record);
  else process.stdout.write(`${folder}\n`);
}

/** @throws AsrError 'usage' where nobody agrees */
async function agree(plan: FetchPlan, { yes }: FetchOptions, signal: AbortSignal): Promise<void> {
  const { shownName } = await import('../hub/index.js');
  const { size } = await import('../core/readable.js');
  const { AsrError } = await import('../core/errors.js');
  const name = shownName(plan.model);
  process.stderr.write(
    `${name} at ${plan.commit.slice(0, 12)}: ${size(plan.bytes)} to fetch (` +
      `${plan.files.map(({ path }) => path).join(', ')})\n` +
      `licence: ${plan.licence ?? `none is stated; read its page before you publish what you make with it`}\n`,
  );
  if (yes) return;
  if (!process.stdin.isTTY)
    throw new AsrError('usage', `${name}: nobody was here to agree`, 'Say --yes to agree to size and licence.');
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question('Fetch it? [y/N] ', { signal });
    if (!/^y(es)?$/i.test(answer.trim())) throw new AsrError('usage', `${name}: not fetched`, 'Nothing was written.');
  } finally {
    terminal.close();
  }
}

async function list({ json }: FetchOptions): Promise<void> {
  const { fetchedFolder, knownEncoders } = await import('../hub/index.js');
  const { alignedTable } = await import('./aligned-table.js');
  const rows = knownEncoders.map((encoder) => ({
    ...encoder,
    folder: fetchedFolder({ name: encoder.name, revision: 'main' }) ?? null,
  }));
  if (json) {
    for (const row of rows) emitJson(row);
    return;
  }
  const head = ['name', 'MB', 'blocks', 'licence', 'languages', 'fetched'];
  process.stdout.write(
    alignedTable(
      [
        head,
        ...rows.map(({ name, megabytes, blocks, licence, languages, folder }) => [
          name,
          `${megabytes}`,
          `${blocks}`,
          licence,
          languages,
          folder === null ? '' : 'yes',
        ]),
      ],
      [1, 2],
    ),
  );
}
