// A model folder: everything `asr transcribe` needs, named with checksums in model.json. Written by the bundle
// stage; refused on loading when a part is missing, changed, or from a newer version.
import { existsSync } from 'node:fs';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checked } from '../core/checked.js';
import { AsrError } from '../core/errors.js';
import { refuseLfsPointer, refuseUnfetched } from '../core/lfs-pointer.js';
import { hashFile, hashText } from '../core/fingerprint.js';
import { insideFolder } from '../core/inside-folder.js';
import { shown } from '../core/shown.js';
import { hearsFrames, modelSchema, modelSchemaVersion, type ModelContent, type ModelRecord } from './model-record.js';

const recordFile = 'model.json';

const sealOf = (record: object): string => hashText(JSON.stringify({ ...record, seal: undefined }));

/** A record of another's making may be deeper than can be written. */
function sealOfUnknown(record: object): string | undefined {
  try {
    return sealOf(record);
  } catch {
    return undefined;
  }
}

/** Writes model.json with the checksums of the named files, which are in the folder already. */
export async function sealModel(folder: string, content: ModelContent, names: readonly string[]): Promise<ModelRecord> {
  const files: Record<string, string> = {};
  for (const name of names) files[name] = await hashFile(join(folder, name));
  const unsealed = { schema: modelSchemaVersion, ...content, files } as const;
  const record: ModelRecord = { ...unsealed, seal: sealOf(unsealed) };
  await writeFile(join(folder, recordFile), `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

const again = 'Copy the folder again, or make it again with `asr run`.';

/** The bundle stage's folder inside a run. */
const bundleFolder = 'bundle';

/**
 * The model folder that a name means: the folder itself, or the bundle of a run.
 * @throws AsrError 'model' where there is none
 */
export function findModelFolder(named: string): string {
  if (existsSync(join(named, recordFile))) return named;
  const bundle = join(named, bundleFolder);
  if (existsSync(join(bundle, recordFile))) return bundle;
  const isRun = existsSync(join(named, 'config.yaml'));
  throw new AsrError(
    'model',
    existsSync(named)
      ? `${named}: ` +
          (isRun
            ? 'this run has made no model yet (bundle/model.json is missing)'
            : 'no model here (model.json is missing)')
      : `${named}: no such folder`,
    isRun
      ? `Continue it: \`asr run\` with the recipe, the data and --run ${named}.`
      : 'Give the model folder that a run left, for instance runs/demo-es/bundle, or the run itself.',
  );
}

/** Reads and checks model.json and the checksum of every file. @throws AsrError 'model' */
export async function readModelRecord(folder: string): Promise<ModelRecord> {
  const path = join(findModelFolder(folder), recordFile);
  const text = await readFile(path, 'utf8');
  refuseLfsPointer(text, path);
  const raw = parse(text, path);
  const version = (raw as { schema?: unknown }).schema;
  if (typeof version === 'number' && version > modelSchemaVersion) {
    throw new AsrError(
      'model',
      `${path}: schema ${version} is newer than this program understands (${modelSchemaVersion})`,
      'Update asr.',
    );
  }
  const model = checked(modelSchema, raw, (problems) => new AsrError('model', `${path}: ${problems}`, again));
  if (model.seal !== sealOfUnknown(raw))
    throw new AsrError('model', `${path}: a setting has changed since the model was made`, again);
  await checkFiles(dirname(path), model);
  return model;
}

/** Folders of a model in which its parts lie; what settings name as a file of the model comes besides. */
const parts = ['reduction', 'segments', 'clusters', 'emission', 'decoder'] as const;

/** Without these there is no model. */
const neededBy = ({ model }: Pick<ModelRecord, 'model'>): string[] => [
  ...(hearsFrames(model?.kind) ? [] : ['segments/segmenter.json', 'clusters/clusters.json']),
  ...['emission/emission.json', 'decoder/decoder.json'],
];
/** Left by file managers. */
const litter = /^(\.DS_Store|\._.*|Thumbs\.db|desktop\.ini)$/;

/** Every part that is there was sealed, every part that was sealed is there, unchanged; and nothing lies elsewhere. */
async function checkFiles(folder: string, record: ModelRecord): Promise<void> {
  const source = join(folder, recordFile);
  const { files } = record;
  await Promise.all(
    Object.entries(files).map(async ([name, expected]) =>
      checkFile(await insideFolder(folder, name, { source }), expected),
    ),
  );
  const named = namedFiles(record);
  for (const name of named)
    // What is not there would be looked for elsewhere by its name.
    if (!existsSync(await insideFolder(folder, name, { source })))
      throw new AsrError('model', `${source}: names the file ${shown(name)}, which is not there`, again);
  const present = [
    ...neededBy(record),
    ...(await Promise.all([...parts, ...named].map((name) => filesBelow(folder, name)))).flat(),
  ];
  const unsealed = present.find((name) => !Object.hasOwn(files, name));
  if (unsealed !== undefined)
    throw new AsrError('model', `${source}: its list of files does not have ${unsealed}, a part of the model`, again);
}

/** Front ends that compute by themselves name no file; every other that names one names it here. */
const hasModel = ({ kind, model }: ModelRecord['features']): boolean =>
  kind === 'onnx' || kind === 'encoder' || (kind !== 'mfcc' && kind !== 'logmel' && model !== '');

/** What the settings name inside the model. */
function namedFiles({ features, vad }: Pick<ModelRecord, 'features' | 'vad'>): string[] {
  return [
    ...(hasModel(features) ? [features.model] : []),
    ...(vad.method === 'silero' && vad.silero.model !== '' ? [vad.silero.model] : []),
  ];
}

/** Files of a part as `files` names them: the part itself, or all below it. */
async function filesBelow(folder: string, part: string): Promise<string[]> {
  const entries = await readdir(join(folder, part), { withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  if (!entries) return [part];
  const below = entries
    .filter(({ name }) => !litter.test(name))
    .map(async (entry) => {
      const name = `${part}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(folder, name) : [name];
    });
  return (await Promise.all(below)).flat();
}

function parse(text: string, path: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // falls through to the error below
  }
  throw new AsrError('model', `${path}: not valid JSON`, again);
}

async function checkFile(path: string, expected: string): Promise<void> {
  if (!(await stat(path).catch(() => undefined))?.isFile())
    throw new AsrError('model', `${path}: this part of the model is missing`, again);
  const found = await hashFile(path);
  if (found !== expected) {
    await refuseUnfetched(path);
    throw new AsrError(
      'model',
      `${path}: the file has changed since the model was made (sha256 ${found.slice(0, 12)}…, expected ` +
        `${expected.slice(0, 12)}…)`,
      again,
    );
  }
}
