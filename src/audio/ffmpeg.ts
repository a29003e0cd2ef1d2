// Any sound file in, mono 16 kHz samples out, by ffmpeg through fluent-ffmpeg: the only file that knows either.
// ffmpeg only decodes: it writes native rate and channels as .au floats into a pipe, whose header tells both.
// Loaded on demand, so that a corpus of wav files needs no ffmpeg at all.
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import type fluent from 'fluent-ffmpeg';
import { AsrError, toAsrError } from '../core/errors.js';
import { AuSink } from './au-sink.js';
import { Handoff } from './handoff.js';
import { MonoCollector, MonoStream, type GridAudio } from './mono.js';

const installHint =
  'Install ffmpeg (https://ffmpeg.org, for instance `apt install ffmpeg`), or run `npm install @ffmpeg-installer/ffmpeg`; or convert the files to wav.';

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
  packaged: async () => (await import('@ffmpeg-installer/ffmpeg')).default.path,
});

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
  const name = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  for (const folder of search.folders) {
    if (folder !== '' && (await isExecutable(join(folder, name)))) return resolve(folder, name);
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

interface Tool {
  readonly ffmpeg: typeof fluent;
  readonly path: string;
}

const tools = new Map<string, Promise<Tool>>();

/** Found and tried once a process; fluent-ffmpeg keeps the answer for its own checks of formats. */
function loadTool(): Promise<Tool> {
  const key = `${process.env.FFMPEG_PATH ?? ''}\0${process.env.PATH ?? ''}`;
  let tool = tools.get(key);
  if (!tool) {
    tool = startTool();
    tools.set(key, tool);
  }
  return tool;
}

async function startTool(): Promise<Tool> {
  const path = await findFfmpeg();
  const ffmpeg = (await import('fluent-ffmpeg')).default;
  ffmpeg.setFfmpegPath(path);
  await new Promise<void>((done, fail) => {
    ffmpeg.getAvailableFormats((error) => {
      if (error as Error | null)
        fail(new AsrError('dependency', `${path} does not run: ${error.message}`, installHint, error));
      else done();
    });
  });
  return { ffmpeg, path };
}

interface Decoding {
  readonly sink: AuSink;
  /** ffmpeg's words on stderr. */
  readonly complaints: string[];
  /** When ffmpeg has exited and the sink has taken all it wrote; undefined when it ended well. */
  readonly failure: Promise<Error | undefined>;
  kill(): void;
}

async function startDecoding(path: string, sink: AuSink): Promise<Decoding> {
  const { ffmpeg, path: program } = await loadTool();
  const complaints: string[] = [];
  // An absolute path never begins with a dash and is no URL, whatever the name holds.
  const command = ffmpeg(resolve(path));
  command.setFfmpegPath(program);
  const exit = new Promise<Error | undefined>((done) => {
    command
      // Only local files, so that a playlist named .mp3 fetches nothing.
      .inputOptions(['-nostdin', '-hide_banner', '-v', 'error', '-protocol_whitelist', 'file,pipe', '-threads', '1'])
      .outputOptions(['-map', '0:a:0', '-c:a', 'pcm_f32be', '-map_metadata', '-1', '-f', 'au'])
      .on('stderr', (line: string) => {
        if (complaints.length < 20) complaints.push(line);
      })
      .on('error', (error: Error) => {
        done(error);
      })
      .on('end', () => {
        done(undefined);
      })
      .pipe(sink, { end: true });
  });
  const finished = new Promise<void>((done) => {
    sink.once('finish', done);
  });
  const failure = exit.then(async (error) => {
    // A program that never ran leaves no end of its output; one that ran may exit before its output is read.
    if ((error as NodeJS.ErrnoException | undefined)?.code !== undefined) sink.end();
    await finished;
    return error;
  });
  return {
    sink,
    complaints,
    failure,
    kill: () => {
      command.kill('SIGKILL');
    },
  };
}

/** What to tell when ffmpeg has ended. @returns a warning where the file was damaged. @throws AsrError as decodeWithFfmpeg */
function judge({ sink, complaints }: Decoding, failure: Error | undefined, where: string): string | undefined {
  if (sink.failure) throw sink.failure;
  if (failure && !sink.started) {
    const code = (failure as NodeJS.ErrnoException).code;
    if (code !== undefined && code !== 'ENOENT') throw toAsrError(failure);
    throw new AsrError(
      'input',
      `${where}: ffmpeg finds no sound in it${because(complaints)}`,
      'Check that it is a sound file and plays, or take it out of the corpus.',
      failure,
    );
  }
  if (!sink.started)
    throw new AsrError(
      'input',
      `${where}: holds 0 samples`,
      'Record or export it again, or take it out of the corpus.',
    );
  return complaints.length > 0 ? `damaged, decoded as far as possible${because(complaints)}` : undefined;
}

/**
 * Decodes the first audio stream of a file.
 * @throws AsrError 'dependency' without ffmpeg, 'input' when the file holds no sound that ffmpeg can read
 */
export async function decodeWithFfmpeg(path: string, where: string): Promise<GridAudio> {
  let collector: MonoCollector | undefined;
  const decoding = await startDecoding(
    path,
    new AuSink((rate, channels) => {
      const started = (collector = new MonoCollector(where, rate, channels));
      return (interleaved) => {
        started.push(interleaved);
      };
    }),
  );
  const warning = judge(decoding, await decoding.failure, where);
  const audio = (collector as unknown as MonoCollector).finish();
  return warning === undefined ? audio : { ...audio, warning };
}

/**
 * The same, piece by piece: ffmpeg waits while the pieces are not taken, so memory does not grow with the file.
 * @returns (of the generator) a warning where the file was damaged
 * @throws AsrError as decodeWithFfmpeg, when it is found; the signal's reason when it is aborted
 */
export async function* streamWithFfmpeg(
  path: string,
  where: string,
  signal?: AbortSignal,
): AsyncGenerator<Int16Array, string | undefined> {
  const handoff = new Handoff<Int16Array>();
  let mono: MonoStream | undefined;
  const decoding = await startDecoding(
    path,
    new AuSink((rate, channels) => {
      const started = (mono = new MonoStream(where, rate, channels));
      return (interleaved) => {
        const samples = started.push(interleaved);
        started.refuseBroken();
        return samples.length > 0 ? handoff.put(samples) : undefined;
      };
    }),
  );
  const stop = (): void => {
    decoding.kill();
  };
  signal?.addEventListener('abort', stop, { once: true });
  void decoding.failure.then(() => {
    handoff.end();
  });
  try {
    for await (const samples of handoff) {
      signal?.throwIfAborted();
      yield samples;
    }
    signal?.throwIfAborted();
    const warning = judge(decoding, await decoding.failure, where);
    yield (mono as unknown as MonoStream).finish();
    return warning;
  } finally {
    signal?.removeEventListener('abort', stop);
    handoff.abandon();
    stop();
  }
}

/** Seconds that the file's header promises; undefined where it does not say. For progress bars, so it never throws. */
export async function promisedSeconds(path: string): Promise<number | undefined> {
  try {
    const { path: program } = await loadTool();
    // Without an output ffmpeg prints what it finds and fails.
    const text = await new Promise<string>((done) => {
      execFile(
        program,
        ['-nostdin', '-hide_banner', '-protocol_whitelist', 'file,pipe', '-i', resolve(path)],
        (_error, _out, stderr) => {
          done(stderr);
        },
      );
    });
    const found = /Duration: (\d+):(\d\d):(\d\d\.?\d*)/.exec(text);
    return found ? Number(found[1]) * 3600 + Number(found[2]) * 60 + Number(found[3]) : undefined;
  } catch {
    return undefined;
  }
}

/** ffmpeg's last words, without the path and the addresses it prints. */
function because(complaints: readonly string[]): string {
  if (complaints.some((line) => line.includes('matches no streams'))) return ' (it has no sound track)';
  const last = complaints.filter((line) => line.trim() !== '').at(-1);
  return last === undefined
    ? ''
    : ` (${last
        .replace(/^\[[^\]]*\]\s*/, '')
        .replace(/^.*: (?=[^:]*$)/, '')
        .trim()})`;
}
