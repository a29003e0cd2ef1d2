// One file of the hub into the cache: what a cut connection left is continued, and nothing gets its name before its
// checksum is right.
import { createHash, randomUUID, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { AsrError, toAsrError } from '../core/errors.js';
import { underSignals } from '../core/signals.js';
import type { HubFile } from './needed.js';
import { openPartial } from './partial.js';
import { refusal, requester, tries, whatToCopy, type HubAccess } from './request.js';

export interface Download {
  readonly file: HubFile;
  readonly url: string;
  /** The model's folder in the cache. */
  readonly storage: string;
  readonly commit: string;
  /** For messages. */
  readonly model: string;
}

const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  );

const blobPath = ({ storage, file }: Download): string => join(storage, 'blobs', file.hash);
export const snapshotPath = ({ storage, commit, file }: Download): string =>
  join(storage, 'snapshots', commit, ...file.path.split('/'));

/** Whether it lies in the cache already, whole by its size; its checksum was right when it got its name. */
export const isThere = async (download: Download): Promise<boolean> =>
  (await sizeOf(snapshotPath(download))) === download.file.size;

/**
 * @param onBytes bytes of this file that are there so far
 * @throws AsrError 'input' when the hub refuses or the connection stays cut, 'model' when the checksum is wrong
 */
export async function downloadFile(
  download: Download,
  access: HubAccess,
  onBytes: (done: number) => void,
): Promise<void> {
  const { file } = download;
  const blob = blobPath(download);
  await mkdir(dirname(blob), { recursive: true });
  if ((await sizeOf(blob)) !== file.size) {
    const part = await openPartial(blob);
    try {
      if (((await sizeOf(part.path)) ?? 0) > file.size) await rm(part.path);
      await fill(part.path, download, access, onBytes);
    } catch (thrown) {
      await part.giveBack();
      throw thrown;
    }
    const found = await hashOf(part.path, file);
    if (found !== file.hash) {
      await part.discard();
      throw new AsrError(
        'model',
        `${download.model}: ${file.path} has checksum ${found}, expected ${file.hash}; it was thrown away`,
        'Run the same command again. If that does not help, the server or something on the way changes the file.',
      );
    }
    await part.finish();
  }
  await link(blob, snapshotPath(download));
}

/** Appends until the file has its size. A try that brought something does not count: slow lines are cut often. */
async function fill(
  part: string,
  download: Download,
  access: HubAccess,
  onBytes: (done: number) => void,
): Promise<void> {
  const { file } = download;
  for (let failures = 0; ;) {
    const before = (await sizeOf(part)) ?? 0;
    if (before === file.size && before > 0) return;
    try {
      await append(part, before, download, access, onBytes);
      if (((await sizeOf(part)) ?? 0) === file.size) return;
      throw new Error('the connection ended before the file did');
    } catch (thrown) {
      access.signal?.throwIfAborted();
      if (thrown instanceof AsrError || isSystemError(thrown)) throw toAsrError(thrown);
      failures = ((await sizeOf(part)) ?? 0) > before ? 0 : failures + 1;
      if (failures === tries) {
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        throw new AsrError(
          'input',
          `${download.model}: ${file.path} breaks off at ${(await sizeOf(part)) ?? 0} of ${file.size} bytes (` +
            `${reason})`,
          `Run the same command again: it continues there. ${whatToCopy}`,
          thrown,
        );
      }
      await wait(access.pause * 2 ** failures, undefined, { signal: access.signal });
    }
  }
}

/** The disk's errors end it; the line's are tried again. */
const isSystemError = (thrown: unknown): boolean => {
  const { syscall, path } = thrown as NodeJS.ErrnoException;
  return syscall !== undefined && path !== undefined;
};

async function append(
  part: string,
  from: number,
  { file, url, model }: Download,
  access: HubAccess,
  onBytes: (done: number) => void,
): Promise<void> {
  const headers = from > 0 ? { range: `bytes=${from}-` } : {};
  const response = await requester(access)(url, { headers });
  if (!response.ok || !response.body) throw refusal(response.status, `${model}: ${file.path}`, access);
  // A server that knows no ranges sends everything again.
  let at = response.status === 206 ? from : 0;
  const handle = await open(part, at === 0 ? 'w' : 'a');
  try {
    const reader = response.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
    for (;;) {
      const { done, value } = await inTime(reader.read(), access);
      if (done) break;
      at += value.byteLength;
      if (at > file.size) {
        await reader.cancel();
        throw new AsrError(
          'model',
          `${model}: ${file.path} is larger than the ${file.size} bytes that the hub announced`,
          'Run the same command again; if that does not help, the server is not to be trusted.',
        );
      }
      await handle.write(value);
      onBytes(at);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A line on which nothing comes any more is a cut one. */
async function inTime<T>(reading: Promise<T>, { idle, signal }: HubAccess): Promise<T> {
  const over = new AbortController();
  return underSignals([over.signal, ...(signal ? [signal] : [])], async (stops) => {
    const limit = wait(idle, undefined, { signal: stops }).then(() => {
      throw new Error(`nothing came for ${idle / 1000} s`);
    });
    try {
      return await Promise.race([reading, limit]);
    } finally {
      over.abort();
      limit.catch(() => undefined);
    }
  });
}

/** Large files are named by their SHA-256, small ones as git names them. */
async function hashOf(path: string, { hash, size }: HubFile): Promise<string> {
  const digest: Hash = hash.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
  return digest.digest('hex');
}

/** As the hub's own programs do: a snapshot is a folder of links; where links are not allowed, of copies. */
async function link(blob: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const made = `${to}.${randomUUID().slice(0, 8)}`; // another fetch may link the same file
  try {
    await symlink(relative(dirname(to), blob), made);
  } catch (thrown) {
    if (!['EPERM', 'ENOSYS', 'ENOTSUP'].includes((thrown as NodeJS.ErrnoException).code ?? '')) throw thrown;
    await copyFile(blob, made);
  }
  await rename(made, to);
}
