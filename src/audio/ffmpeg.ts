// Any sound file in, mono 16 kHz samples out, by ffmpeg. It only decodes: native rate and channels come as .au floats
// through a pipe, whose header tells both, with silence where the file's clock runs on without sound.
// Looked for on demand, so that a corpus of wav or FLAC files needs no ffmpeg at all.
import { symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AsrError, toAsrError } from '../core/errors.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../core/temporary-folder.js';
import { isRaw, openable } from '../core/file-names.js';
import { AuReader } from './au.js';
import { outputOf, type Complaints } from './child.js';
import { workingFfmpeg } from './ffmpeg-program.js';
import { because, listen } from './ffmpeg-words.js';
import { MonoCollector, MonoStream, type GridAudio, type MixOptions } from './mono.js';

/**
 * Containers that hold sound themselves, by the names of ffmpeg's demuxers. Playlists and presentations (hls, dash,
 * concat, sdp …) name other files or addresses, and scripts, pictures and subtitles
 * are no sound: none of them is opened.
 */
const containers = [
  ...['wav', 'w64', 'aiff', 'au', 'caf', 'voc', 'sox', 'nistsphere', 'ircam', 'avr', 'paf', 'pvf', 'sds', 'wve', 'iff'],
  ...['mp3', 'aac', 'ac3', 'eac3', 'dts', 'dtshd', 'truehd', 'latm', 'loas', 'amr', 'amrnb', 'amrwb', 'gsm', 'qcp'],
  ...['flac', 'ape', 'wv', 'tta', 'tak', 'mpc', 'mpc8', 'shn', 'oma', 'aa', 'xwma', 'rso', 'dsf', 'ogg', 'sln', 'vqf'],
  ...['mov', 'mp4', 'm4a', '3gp', '3g2', 'mj2', 'matroska', 'webm', 'avi', 'asf', 'flv', 'nut', 'rm', 'mxf', 'dv'],
  ...['mpeg', 'mpegts', 'spdif', 'act', 'aea', 'aax', 'ast', 'epaf', 'lvf'],
].join(',');

/** What every call begins with: no address is called, no format opened that names other files. */
const guarded = ['-nostdin', '-hide_banner', '-protocol_whitelist', 'file,pipe', '-format_whitelist', containers];

/**
 * From the clock of the file, which begins with its first picture or sound: what comes late or is missing is silence.
 */
const onTheClock = 'aresample=async=1:first_pts=0';

/**
 * In containers whose clock may jump (MPEG-TS, Ogg) ffmpeg counts from the first stream that it is asked for: so it
 * is asked for the picture, too, which goes nowhere undecoded. Beside it the sound, without which a file of sound
 * would be no output.
 */
const withPicture = ['-map', '0:V?', '-map', '0:a:0', '-c', 'copy', '-f', 'null', '-'];

/** Of a pipe ffmpeg reads no more than it has to before the first sample comes out, and keeps none back. */
const atOnce = ['-fflags', 'nobuffer', '-probesize', '32768', '-analyzeduration', '0'];

/** What to tell about a file: that it was damaged, and what had to be done about its sound. */
export interface Aside {
  readonly warning: string | undefined;
  readonly note: string | undefined;
}

/**
 * Interleaved samples with what the header says.
 * @param source a file, or the bytes of one as they come
 * @returns a warning where the file was damaged, a note where it has more sound than is taken
 */
export async function* soundOf(
  source: string | AsyncIterable<Uint8Array>,
  where: string,
  signal?: AbortSignal,
): AsyncGenerator<{ rate: number; channels: number; samples: Float32Array }, Aside> {
  const ffmpeg = await workingFfmpeg();
  const path = typeof source === 'string' ? source : undefined;
  const { name, remove } = path === undefined ? { name: 'pipe:0', remove: undefined } : await nameFor(path);
  const made = ['-c:a', 'pcm_f32be', '-map_metadata', '-1', '-flush_packets', '1', '-f', 'au', 'pipe:1'];
  try {
    // A picture that cannot even be copied is no reason to give up its sound.
    const attempts = path === undefined ? [[]] : [withPicture, []];
    for (const [i, beside] of attempts.entries()) {
      const { complaints, note } = listen();
      const reader = new AuReader();
      const output = outputOf(
        ffmpeg,
        [
          ...guarded,
          ...(path === undefined ? atOnce : []),
          ...[
            '-v',
            'level+info',
            '-nostats',
            '-threads',
            '1',
            '-i',
            name,
            '-map',
            '0:a:0',
            '-af',
            onTheClock,
            ...made,
            ...beside,
          ],
        ],
        complaints,
        { what: `${where}: ffmpeg`, signal, input: typeof source === 'string' ? undefined : source },
      );
      let ended: number | string | Error | undefined;
      while (ended === undefined) {
        const { done, value } = await output.next();
        if (done) ended = value;
        else {
          const samples = reader.push(value);
          if (reader.header && samples.length > 0) yield { ...reader.header, samples };
        }
      }
      const last = i === attempts.length - 1;
      if (last || ended === 0 || ended instanceof Error || reader.header)
        return { warning: warningOf(ended, reader, complaints.lines, where), note: note() };
    }
    return { warning: undefined, note: undefined };
  } finally {
    await remove?.();
  }
}

/**
 * What to tell when ffmpeg has ended.
 * @returns a warning where the file was damaged.
 * @throws AsrError as decodeWithFfmpeg
 */
function warningOf(
  end: number | string | Error,
  { header }: AuReader,
  complaints: readonly string[],
  where: string,
): string | undefined {
  if (end instanceof Error) {
    // The program itself vanished or may not be run; a machine without processes or memory says so.
    throw toAsrError(end);
  }
  if (end !== 0 && !header)
    throw new AsrError(
      'input',
      `${where}: ffmpeg finds no sound in it${because(complaints)}`,
      'Check that it is a sound file and plays, or leave it out.',
    );
  if (!header) throw new AsrError('input', `${where}: holds 0 samples`, 'Record or export it again, or leave it out.');
  return complaints.length > 0 || end !== 0 ? `damaged, decoded as far as possible${because(complaints)}` : undefined;
}

/**
 * Decodes the first audio stream of a file. Times are those of a player.
 * @throws AsrError 'dependency' without ffmpeg, 'input' when the file holds no sound
 * that ffmpeg can read or ffmpeg hangs
 */
export async function decodeWithFfmpeg(path: string, where: string, options: MixOptions = {}): Promise<GridAudio> {
  let collector: MonoCollector | undefined;
  const sound = soundOf(path, where);
  for (;;) {
    const { done, value } = await sound.next();
    if (done) {
      if (!collector) throw empty(where);
      const audio = collector.finish();
      const note = told(value.note, audio.note);
      return {
        ...audio,
        ...(value.warning === undefined ? {} : { warning: value.warning }),
        ...(note === undefined ? {} : { note }),
      };
    }
    collector ??= new MonoCollector(where, value.rate, value.channels, { lookFirst: true, ...options });
    collector.push(value.samples);
  }
}

/**
 * The same, piece by piece: ffmpeg waits while the pieces are not taken, so memory does not grow with the file.
 * @returns (of the generator) what to tell a person: the file was damaged, its sound had to be changed
 * @throws AsrError as decodeWithFfmpeg, when it is found; the signal's reason when it is aborted
 */
export async function* streamWithFfmpeg(
  path: string,
  where: string,
  signal?: AbortSignal,
): AsyncGenerator<Int16Array, string | undefined> {
  let mono: MonoStream | undefined;
  const sound = soundOf(path, where, signal);
  try {
    for (;;) {
      const { done, value } = await sound.next();
      if (done) {
        if (!mono) throw empty(where);
        yield mono.finish();
        return told(value.warning, told(value.note, mono.note));
      }
      mono ??= new MonoStream(where, value.rate, value.channels, { lookFirst: true });
      const samples = mono.push(value.samples);
      mono.refuseBroken();
      if (samples.length > 0) yield samples;
    }
  } finally {
    await sound.return({ warning: undefined, note: undefined });
  }
}

/** Warnings and notes as one line. */
export const told = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || b === undefined ? (a ?? b) : `${a}; ${b}`;

const empty = (where: string): AsrError =>
  new AsrError('input', `${where}: holds 0 samples`, 'Record or export it again, or leave it out.');

/** Seconds that the file's header promises; undefined where it does not say. For progress bars, so it never throws. */
export async function promisedSeconds(path: string): Promise<number | undefined> {
  try {
    const ffmpeg = await workingFfmpeg();
    const complaints: Complaints = { lines: [], most: 1000 };
    const { name, remove } = await nameFor(path);
    try {
      // Without an output ffmpeg prints what it finds and fails.
      const output = outputOf(ffmpeg, [...guarded, '-i', name], complaints);
      while (!(await output.next()).done);
    } finally {
      await remove();
    }
    const line = complaints.lines.map((text) => /Duration: (\d+):(\d\d):(\d\d\.?\d*)/.exec(text)).find(Boolean);
    return line ? Number(line[1]) * 3600 + Number(line[2]) * 60 + Number(line[3]) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A path that ffmpeg can be given: absolute, so that it neither begins with a dash nor is an address, and in UTF-8, as
 * parameters of programs are (a link with a plain name, where the file's own is not).
 */
async function nameFor(path: string): Promise<{ name: string; remove: () => Promise<void> }> {
  const name = resolve(path);
  if (!isRaw(name)) return { name, remove: () => Promise.resolve() };
  const folder = await makeTemporaryFolder('asr-name');
  await symlink(openable(name), join(folder, 'sound'));
  return { name: join(folder, 'sound'), remove: () => removeTemporaryFolder(folder) };
}
