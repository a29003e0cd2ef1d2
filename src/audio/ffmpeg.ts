// Any sound file in, mono 16 kHz samples out, by ffmpeg through fluent-ffmpeg: the only file that knows either.
// ffmpeg only decodes: it writes native rate and channels as .au floats into a pipe, whose header tells both.
// Loaded on demand, so that a corpus of wav files needs no ffmpeg at all.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import type fluent from 'fluent-ffmpeg';
import { AsrError, toAsrError } from '../core/errors.js';
import { MonoCollector, type GridAudio } from './mono.js';

const installHint = 'Install ffmpeg (https://ffmpeg.org, for instance `apt install ffmpeg`), or run `npm install @ffmpeg-installer/ffmpeg`; or convert the files to wav.';

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
    throw new AsrError('dependency', `FFMPEG_PATH=${search.given}: no program there`, 'Correct the variable, or unset it to look in PATH and node_modules.');
  }
  const name = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  for (const folder of search.folders) {
    if (folder !== '' && await isExecutable(join(folder, name))) return resolve(folder, name);
  }
  const packaged = await search.packaged().catch(() => undefined);
  if (packaged !== undefined && await isExecutable(packaged)) return packaged;
  throw new AsrError('dependency', 'ffmpeg was not found; it decodes everything but plain wav', installHint);
}

const isExecutable = (path: string): Promise<boolean> => access(path, constants.X_OK).then(() => true, () => false);

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
      if (error as Error | null) fail(new AsrError('dependency', `${path} does not run: ${error.message}`, installHint, error));
      else done();
    });
  });
  return { ffmpeg, path };
}

/**
 * Decodes the first audio stream of a file.
 * @throws AsrError 'dependency' without ffmpeg, 'input' when the file holds no sound that ffmpeg can read
 */
export async function decodeWithFfmpeg(path: string, where: string): Promise<GridAudio> {
  const { ffmpeg, path: program } = await loadTool();
  const sink = new AuSink(where);
  const complaints: string[] = [];
  const failure = await new Promise<Error | undefined>((done) => {
    // An absolute path never begins with a dash and is no URL, whatever the name holds.
    const command = ffmpeg(resolve(path));
    command.setFfmpegPath(program);
    command
      // Only local files, so that a playlist named .mp3 fetches nothing.
      .inputOptions(['-nostdin', '-hide_banner', '-v', 'error', '-protocol_whitelist', 'file,pipe', '-threads', '1'])
      .outputOptions(['-map', '0:a:0', '-c:a', 'pcm_f32be', '-map_metadata', '-1', '-f', 'au'])
      .on('stderr', (line: string) => { if (complaints.length < 20) complaints.push(line); })
      .on('error', (error: Error) => { done(error); })
      .on('end', () => { done(undefined); })
      .pipe(sink, { end: false });
  });
  if (sink.failure) throw sink.failure;
  if (failure && !sink.collector) {
    const code = (failure as NodeJS.ErrnoException).code;
    if (code !== undefined && code !== 'ENOENT') throw toAsrError(failure);
    throw new AsrError('input', `${where}: ffmpeg finds no sound in it${because(complaints)}`, 'Check that it is a sound file and plays, or take it out of the corpus.', failure);
  }
  if (!sink.collector) throw new AsrError('input', `${where}: holds 0 samples`, 'Record or export it again, or take it out of the corpus.');
  const audio = sink.collector.finish();
  return complaints.length > 0 ? { ...audio, warning: `damaged, decoded as far as possible${because(complaints)}` } : audio;
}

/** ffmpeg's last words, without the path and the addresses it prints. */
function because(complaints: readonly string[]): string {
  const last = complaints.filter((line) => line.trim() !== '').at(-1);
  return last === undefined ? '' : ` (${last.replace(/^\[[^\]]*\]\s*/, '').replace(/^.*: (?=[^:]*$)/, '').trim()})`;
}

/** Reads Sun/NeXT audio (.au, 32-bit big-endian floats) as it comes. */
class AuSink extends Writable {
  collector: MonoCollector | undefined;
  failure: Error | undefined;
  readonly #where: string;
  #rest: Buffer = Buffer.alloc(0);

  constructor(where: string) {
    // fluent-ffmpeg takes 'close' of the target for a lost reader and reports an error when ffmpeg exits a little later.
    super({ emitClose: false, autoDestroy: false, highWaterMark: 1 << 20 });
    this.#where = where;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    try {
      if (!this.failure) this.#take(this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]));
    } catch (error) {
      this.failure = error as Error; // the pipe is drained all the same, so that ffmpeg ends by itself
    }
    done();
  }

  #take(bytes: Buffer): void {
    let start = 0;
    if (!this.collector) {
      if (bytes.length < 24 || bytes.length < bytes.readUInt32BE(4)) {
        this.#rest = bytes;
        return;
      }
      start = bytes.readUInt32BE(4);
      this.collector = new MonoCollector(this.#where, bytes.readUInt32BE(16), bytes.readUInt32BE(20));
    }
    const frameBytes = 4 * this.collector.sourceChannels;
    const end = start + Math.floor((bytes.length - start) / frameBytes) * frameBytes;
    const swapped = Buffer.from(bytes.subarray(start, end)).swap32();
    const aligned = new Uint8Array(swapped);
    this.collector.push(new Float32Array(aligned.buffer));
    this.#rest = bytes.subarray(end);
  }
}
