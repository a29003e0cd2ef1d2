// Where fetched models lie: Hugging Face's own cache, which Python's programs fill and read as well. The name of a
// model in, its folder out; nothing here uses the network.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { AsrError } from '../core/errors.js';

export interface ModelName {
  /** ORG/NAME. */
  readonly name: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

const usualRevision = 'main';
const part = '[A-Za-z0-9][A-Za-z0-9_.-]{0,95}';
const pattern = new RegExp(`^(${part}/${part})(?:@([A-Za-z0-9][A-Za-z0-9_./-]{0,200}))?$`);

/** ORG/NAME or ORG/NAME@REVISION; undefined where it is neither. */
export function parseModelName(text: string): ModelName | undefined {
  const [, name, revision = usualRevision] = pattern.exec(text) ?? [];
  return name === undefined || revision.split('/').some((step) => step === '' || step.startsWith('.'))
    ? undefined
    : { name, revision };
}

export const shownName = ({ name, revision }: ModelName): string =>
  revision === usualRevision ? name : `${name}@${revision}`;

export type HubVariables = Readonly<Record<string, string | undefined>>;

const set = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

/** Hugging Face's home folder: `HF_HOME`, else below `XDG_CACHE_HOME` or ~/.cache. */
export const hubHome = (env: HubVariables): string =>
  set(env['HF_HOME']) ?? join(set(env['XDG_CACHE_HOME']) ?? join(homedir(), '.cache'), 'huggingface');

export const cacheFolder = (env: HubVariables): string =>
  resolve(set(env['HF_HUB_CACHE']) ?? set(env['HUGGINGFACE_HUB_CACHE']) ?? join(hubHome(env), 'hub'));

/** A model's folder in the cache: `blobs`, `refs` and `snapshots/COMMIT`. */
export const storageFolder = (name: string, env: HubVariables): string =>
  join(cacheFolder(env), `models--${name.replace('/', '--')}`);

const commitPattern = /^[0-9a-f]{40}$/;
export const isCommit = (text: string): boolean => commitPattern.test(text);

/** The snapshot of a model that was fetched; undefined where it was not. */
export function fetchedFolder({ name, revision }: ModelName, env: HubVariables = process.env): string | undefined {
  const storage = storageFolder(name, env);
  let commit = revision;
  if (!isCommit(commit)) {
    try {
      commit = readFileSync(join(storage, 'refs', revision), 'utf8').trim();
    } catch {
      return undefined;
    }
  }
  const folder = join(storage, 'snapshots', commit);
  return isCommit(commit) && existsSync(folder) ? folder : undefined;
}

/**
 * Where a setting that names a model leads: a file or folder first, then what was fetched by that name.
 * @param data where a relative path starts
 * @returns an absolute path; of something that is not there for names that were not fetched
 */
export function modelPath(model: string, data: string, env: HubVariables = process.env): string {
  const path = resolve(data, model);
  if (existsSync(path)) return path;
  const name = parseModelName(model);
  return (name && fetchedFolder(name, env)) ?? path;
}

/**
 * The same, for whoever opens it.
 * @throws AsrError 'model' with the command that fetches it, where it is neither a path nor fetched
 */
export function existingModelPath(model: string, data: string, env: HubVariables = process.env): string {
  const path = modelPath(model, data, env);
  const name = parseModelName(model);
  if (existsSync(path) || !name) return path;
  throw new AsrError(
    'model',
    `${model}: no such file or folder in ${resolve(data)}, and no model of that name was fetched into ` +
      cacheFolder(env),
    `Fetch it: asr fetch ${shownName(name)}   (nothing is downloaded without that command)`,
  );
}
