// Which ffmpeg is used: FFMPEG_PATH, the system's, or one that came through npm; and whether it runs.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve } from 'node:path';
import { AsrError, toAsrError } from '../core/errors.js';
import { outputOf, type Complaints } from './child.js';

/** npm packages that carry a program for this system, the newest first; docs/dependencies.md has their licences. */
const packages = ['@ffmpeg-binary', '@ffmpeg-installer'].map((scope) => `${scope}/${process.platform}-${process.arch}`);

const program = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';

const installHint = `Install ffmpeg (https://ffmpeg.org, for instance \`apt install ffmpeg\`), or run \`npm install ${
  packages[process.platform === 'linux' && process.arch === 'x64' ? 0 : 1] ?? ''
}\`; or convert the files to wav.`;

/** Where to look; tests narrow it down. */
export interface FfmpegSearch {
  /** A path that was given explicitly (FFMPEG_PATH); nothing else is tried then. */
  readonly given?: string | undefined;
  /** Folders, as in PATH. */
  readonly folders: readonly string[];
  /** Path of the binary that came through npm; may throw. */
  readonly packaged: () => Promise<string>;
}

const defaultSearch = (): FfmpegSearch => ({
  given: process.env.FFMPEG_PATH,
  folders: (process.env.PATH ?? '').split(delimiter),
  packaged: packagedProgram,
});

async function packagedProgram(): Promise<string> {
  const require = createRequire(import.meta.url);
  for (const name of packages) {
    try {
      const path = join(dirname(require.resolve(`${name}/package.json`)), program);
      if (await isExecutable(path)) return path;
    } catch {
      /* not installed */
    }
  }
  throw new AsrError('dependency', 'no package with ffmpeg is installed', installHint);
}

/**
 * The ffmpeg to use: FFMPEG_PATH, else the system's, else the one from npm.
 * @throws AsrError 'dependency' when there is none
 */
export async function findFfmpeg(search: FfmpegSearch = defaultSearch()): Promise<string> {
  if (search.given !== undefined && search.given !== '') {
    if (await isExecutable(search.given)) return search.given;
    throw new AsrError(
      'dependency',
      `FFMPEG_PATH=${search.given}: no program there`,
      'Correct the variable, or unset it to look in PATH and node_modules.',
    );
  }
  for (const folder of search.folders) {
    if (folder !== '' && (await isExecutable(join(folder, program)))) return resolve(folder, program);
  }
  const packaged = await search.packaged().catch(() => undefined);
  if (packaged !== undefined && (await isExecutable(packaged))) return packaged;
  throw new AsrError('dependency', 'ffmpeg was not found; it decodes everything but plain wav', installHint);
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

const found = new Map<string, Promise<string>>();

/** Found and tried once a process. */
export function workingFfmpeg(): Promise<string> {
  const key = `${process.env.FFMPEG_PATH ?? ''}\0${process.env.PATH ?? ''}`;
  let path = found.get(key);
  if (!path) found.set(key, (path = tried()));
  return path;
}

async function tried(): Promise<string> {
  const path = await findFfmpeg();
  await ffmpegVersion(path);
  return path;
}

/** @throws AsrError 'dependency' when it does not run */
export async function ffmpegVersion(path: string): Promise<string> {
  const complaints: Complaints = { lines: [], most: 5 };
  let text = '';
  let end: number | string | Error;
  try {
    const output = outputOf(path, ['-version'], complaints);
    let next = await output.next();
    for (; !next.done; next = await output.next()) if (text.length < 1000) text += next.value.toString();
    end = next.value;
  } catch (error) {
    end = toAsrError(error);
  }
  const version = /^ffmpeg version (\S+)/.exec(text)?.[1];
  if (end === 0 && version !== undefined) return version;
  const because = end instanceof Error ? end.message : (complaints.lines[0] ?? `it ended with ${end}`);
  throw new AsrError(
    'dependency',
    `${path} does not run: ${because}`,
    installHint,
    end instanceof Error ? end : undefined,
  );
}
