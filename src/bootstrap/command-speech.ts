// Sentences in, what a synthesiser of the user's says of them out: a program that writes a wav file, started without a
// shell for each sentence, in bounded time. Which phones it says is what our pronouncer reads in the sentence.
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { outputOf, type Complaints } from '../audio/child.js';
import { decodeAudio } from '../audio/decode.js';
import { AsrError, itemProblem } from '../core/errors.js';
import type { Rng } from '../core/rng.js';
import { shown } from '../core/shown.js';
import { sampleRate } from '../core/time.js';
import type { VadConfig } from '../vad/config.js';
import { detectSpeech } from '../vad/energy.js';
import { keepRegions } from '../vad/regions.js';
import type { SourceLosses } from './left-out.js';
import type { SaidUtterance } from './said.js';

/**
 * A command as words: parted by blanks, '…' and "…" hold them together; nothing else means anything.
 * @throws AsrError 'config' where a quote does not end, {wav} is missing, or the program itself is a placeholder
 */
export function commandWords(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (const sign of command) {
    if (quote !== '') {
      if (sign === quote) quote = '';
      else word = (word ?? '') + sign;
    } else if (sign === "'" || sign === '"') {
      quote = sign;
      word ??= '';
    } else if (/\s/u.test(sign)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + sign;
  }
  if (word !== undefined) words.push(word);
  const [program = ''] = words;
  const wrong =
    quote !== ''
      ? `a ${quote} does not end`
      : program === '' || placeholder.test(program)
        ? 'its first word must be a program'
        : !words.slice(1).some((one) => one.includes('{wav}'))
          ? 'no argument holds {wav}, the file that it shall write'
          : command.includes('\0')
            ? 'it holds a zero byte'
            : undefined;
  if (wrong !== undefined)
    throw new AsrError(
      'config',
      `learn.bootstrap.sources: command ${shown(command, 80)}: ${wrong}`,
      'For instance command: "flite -voice slt -t {text} -o {wav}".',
    );
  return words;
}

const placeholder = /\{(?:wav|text)\}/;

/** The program's name without its folder. */
export const commandName = (command: string): string => basename(commandWords(command)[0]!);

export interface CommandSpeech {
  readonly command: string;
  /** s for one sentence. */
  readonly seconds: number;
  readonly sentences: readonly string[];
  /** Phones of a sentence, or none where it has no pronunciation. */
  readonly pronounce: (sentence: string) => readonly string[] | undefined;
  readonly vad: VadConfig;
  /** Where it runs. */
  readonly cwd: string;
  readonly rng: Rng;
  readonly losses: SourceLosses;
  readonly signal?: AbortSignal | undefined;
}

const longestSeconds = 60;
const largestFile = 1 << 26;
const mostOutput = 1 << 24;
/** Failures in a row, from the first on, after which the program is taken to be wrong. */
const patience = 20;

/**
 * Each sentence at most once, in random order.
 * @throws AsrError 'dependency' without the program, 'input' where it says none of the first sentences
 */
export async function* speakByCommand(options: CommandSpeech): AsyncGenerator<SaidUtterance> {
  const { command, sentences, pronounce, rng, losses, signal } = options;
  const words = commandWords(command);
  const folder = await mkdtemp(join(tmpdir(), 'asr-command-'));
  const wav = join(folder, 'said.wav');
  try {
    let failed = 0;
    let said = 0;
    for (const [n, sentence] of rng.shuffleInPlace([...sentences]).entries()) {
      signal?.throwIfAborted();
      const phones = pronounce(sentence);
      if (!phones || phones.length === 0) {
        losses.add('no pronunciation', shown(sentence, 60));
        continue;
      }
      // An argument of its own that begins with a dash would be an option of the program.
      if (sentence.startsWith('-')) {
        losses.add('begins with a dash', shown(sentence, 60));
        continue;
      }
      await rm(wav, { force: true });
      const samples = await speakOnce(words, sentence, wav, options);
      if (typeof samples !== 'string') {
        said++;
        yield { id: `command-${n}`, speaker: 'command', samples, phones };
        continue;
      }
      const [reason = '', ...detail] = samples.split('\n');
      losses.add(reason, shown(sentence, 60), detail.join(' '));
      if (said === 0 && ++failed === patience)
        throw new AsrError(
          'input',
          `learn.bootstrap.sources: ${shown(words[0]!, 80)} made no speech of the first ${patience} sentences: ` +
            samples.replace('\n', ': '),
          'Run the command by hand with a sentence of the text; it has to write a wav file where {wav} stands.',
        );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns its speech, at 16 kHz without what is silent; or a reason and, after a newline, what it said itself */
async function speakOnce(
  words: readonly string[],
  sentence: string,
  wav: string,
  { seconds, vad, cwd, signal }: CommandSpeech,
): Promise<Float32Array | string> {
  const [program, ...given] = words as [string, ...string[]];
  const parameters = given.map((word) =>
    word.replace(/\{(wav|text)\}/g, (_, name: string) => (name === 'wav' ? wav : sentence)),
  );
  const late = AbortSignal.timeout(Math.round(seconds * 1000));
  const complaints: Complaints = { lines: [], most: 3 };
  const output = outputOf(program, parameters, complaints, {
    what: program,
    cwd,
    signal: signal ? AbortSignal.any([signal, late]) : late,
    ...(given.some((word) => word.includes('{text}')) ? {} : { input: lineOf(sentence) }),
  });
  let end: number | string | Error;
  try {
    let bytes = 0;
    for (;;) {
      const { done, value } = await output.next();
      if (done) {
        end = value;
        break;
      }
      bytes += value.length;
      if (bytes > mostOutput) return `it printed more than ${mostOutput >> 20} MiB`;
    }
  } catch (error) {
    signal?.throwIfAborted();
    return late.aborted ? `it took longer than ${seconds} s` : `it failed\n${itemProblem(error).message}`;
  } finally {
    await output.return(0);
  }
  if (end instanceof Error)
    throw new AsrError(
      'dependency',
      `learn.bootstrap.sources: the program ${shown(program, 80)} does not start: ${end.message}`,
      'Install it, or give its path; the recipe names it under learn.bootstrap.sources.',
    );
  const told = complaints.lines.join(' ');
  if (end !== 0) return `it ended with ${typeof end === 'number' ? `exit code ${end}` : end}\n${told}`;
  if (!existsSync(wav)) return `it wrote no file {wav}\n${told}`;
  if ((await stat(wav)).size > largestFile) return `its file is larger than ${largestFile >> 20} MiB`;
  try {
    const { samples } = await decodeAudio(wav);
    if (samples.length > longestSeconds * sampleRate) return `its speech is longer than ${longestSeconds} s`;
    const regions = detectSpeech(samples, { method: 'energy', energy: vad.energy });
    return regions.length === 0 ? 'its sound is silent' : keepRegions(samples, regions);
  } catch (error) {
    return `its sound cannot be used\n${itemProblem(error).message}`;
  }
}

async function* lineOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(`${text}\n`);
}
