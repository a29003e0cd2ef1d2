// A model's name in, its files in the cache out: first a plan (which files, how large, under which licence), which a
// person may refuse; then the download. The only part of the program that calls an address outside of this machine.
import { mkdir, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listFiles, modelInfo, type HubApiError } from '@huggingface/hub';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import { startProgress } from '../core/progress.js';
import { isCommit, shownName, storageFolder, type HubVariables, type ModelName } from './cache.js';
import { downloadFile, isThere, type Download } from './download.js';
import { neededFiles, type HubFile } from './needed.js';
import { refusal, requester, type HubAccess } from './request.js';

export interface FetchPlan {
  readonly model: ModelName;
  readonly commit: string;
  /** As its page says; undefined where it says none. */
  readonly licence: string | undefined;
  readonly files: readonly HubFile[];
  /** Bytes that are still to come. */
  readonly bytes: number;
  readonly downloads: readonly Download[];
  /** Where it will lie. */
  readonly folder: string;
  readonly storage: string;
}

const infoSchema = z.object({
  sha: z.string().refine(isCommit),
  tags: z.array(z.string()).default([]),
  cardData: z.object({ license: z.union([z.string(), z.array(z.string())]).optional() }).nullish(),
});

const hashPattern = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
/** Relative, without a step upwards, without anything that a file system could take for more than a name. */
const pathPattern = /^[A-Za-z0-9_][A-Za-z0-9_. -]*(\/[A-Za-z0-9_][A-Za-z0-9_. -]*)*$/;
const entrySchema = z.object({
  type: z.string(),
  path: z.string().max(1000),
  size: z
    .number()
    .int()
    .min(0)
    .max(2 ** 40),
  oid: z.string().optional(),
  lfs: z
    .object({
      oid: z.string(),
      size: z
        .number()
        .int()
        .min(0)
        .max(2 ** 40),
    })
    .optional(),
});
const mostFiles = 10_000;

/**
 * Asks the hub; fetches nothing yet.
 * @param wanted files instead of those that an encoder needs
 * @throws AsrError 'input' when there is no answer or a refusal, 'model' when there are no weights
 */
export async function planFetch(
  model: ModelName,
  wanted: readonly string[],
  access: HubAccess,
  env: HubVariables,
): Promise<FetchPlan> {
  const shown = shownName(model);
  const params = { hubUrl: access.endpoint, fetch: requester(access) };
  const asked = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((thrown: unknown) => {
      const status = (thrown as Partial<HubApiError>).statusCode;
      throw typeof status === 'number' ? refusal(status, shown, access) : unclear(shown, access, thrown);
    });
  const info = infoSchema.safeParse(
    await asked(
      modelInfo({
        ...params,
        name: model.name,
        revision: model.revision,
        additionalFields: ['sha', 'tags', 'cardData'],
      }),
    ),
  );
  if (!info.success) throw unclear(shown, access, info.error);
  const { sha: commit, cardData, tags } = info.data;
  const files = await asked(filesOf(model.name, commit, params, shown, access));
  const needed = neededFiles(files, shown, wanted);
  const storage = storageFolder(model.name, env);
  const downloads = needed.map((file): Download => {
    const path = file.path.split('/').map(encodeURIComponent).join('/');
    return { file, url: `${access.endpoint}/${model.name}/resolve/${commit}/${path}`, storage, commit, model: shown };
  });
  const missing: Download[] = [];
  for (const download of downloads) if (!(await isThere(download))) missing.push(download);
  return {
    model,
    commit,
    licence:
      [cardData?.license ?? []].flat().join(', ') ||
      tags.find((tag) => tag.startsWith('license:'))?.slice('license:'.length),
    files: needed,
    bytes: missing.reduce((sum, { file }) => sum + file.size, 0),
    downloads: missing,
    folder: join(storage, 'snapshots', commit),
    storage,
  };
}

async function filesOf(
  name: string,
  commit: string,
  params: { hubUrl: string; fetch: typeof fetch },
  shown: string,
  access: HubAccess,
): Promise<HubFile[]> {
  const files: HubFile[] = [];
  for await (const raw of listFiles({ ...params, repo: name, revision: commit, recursive: true })) {
    const entry = entrySchema.safeParse(raw);
    if (!entry.success) throw unclear(shown, access, entry.error);
    const { type, path, size, oid, lfs } = entry.data;
    const hash = lfs?.oid ?? oid ?? '';
    if (type === 'file' && pathPattern.test(path) && hashPattern.test(hash))
      files.push({ path, size: lfs?.size ?? size, hash });
    if (files.length > mostFiles) throw unclear(shown, access, new Error(`more than ${mostFiles} files`));
  }
  return files;
}

function unclear(shown: string, { endpoint }: HubAccess, cause: unknown): AsrError {
  if (cause instanceof AsrError) return cause;
  if (cause instanceof Error && cause.name === 'AbortError')
    return new AsrError('interrupted', 'interrupted', undefined, cause);
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
  return new AsrError(
    'input',
    `${shown}: ${endpoint} answers otherwise than the hub does (${reason.slice(0, 200)})`,
    'Check HF_ENDPOINT: it is the address of a hub or of a mirror of one.',
    cause,
  );
}

/**
 * Fetches what is missing. A revision gets its name when all of its files are there.
 * @throws AsrError as downloadFile; 'io' where the disk is too small
 */
export async function fetchPlanned(plan: FetchPlan, access: HubAccess, log: Log): Promise<void> {
  const { storage, model, commit, downloads, bytes } = plan;
  await mkdir(storage, { recursive: true });
  const { bavail, bsize } = await statfs(storage);
  if (bytes > bavail * bsize)
    throw new AsrError(
      'io',
      `${storage}: ${mebibytes(bytes)} MiB are to come, ${mebibytes(bavail * bsize)} MiB are free`,
      'Free some space, or set HF_HOME to a folder on a larger disk.',
    );
  const progress = startProgress(log, shownName(model), mebibytes(bytes), 'MiB');
  try {
    let before = 0;
    for (const download of downloads) {
      await downloadFile(download, access, (done) => {
        progress.update(mebibytes(before + done));
      });
      before += download.file.size;
    }
  } finally {
    progress.finish();
  }
  if (isCommit(model.revision)) return;
  const ref = join(storage, 'refs', model.revision);
  await mkdir(dirname(ref), { recursive: true });
  await writeFile(ref, commit);
}

const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
