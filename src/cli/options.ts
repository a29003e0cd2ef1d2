// What several commands share: repeated options and the JSON line that programs read.
import { InvalidArgumentError, Option } from 'commander';
import { AsrError } from '../core/errors.js';
import type { Compute } from '../core/stage.js';

export interface JsonOption {
  readonly json?: boolean;
}

/** For options that may be given more than once. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

const engineNames = ['cpu', 'webgpu', 'cuda', 'tfjs', 'auto'] as const satisfies readonly Compute['engine'][];

/** Without it a command uses the CPU, or what the run was made with. */
export const engineOption = (): Option =>
  new Option('--engine <name>', 'where graphs run; `asr check --engine` says what works here').choices(engineNames);

/** For folders, files and names: an empty one, as from an unset shell variable, would mean the current folder. */
export function given(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It is empty; is a shell variable unset?');
  return value;
}

/** What tells how words are said, for the commands that make phones of them. */
export const spokenHelp = 'name or path of a recipe, folder of a run or a model, or an eSpeak NG voice (es, sw)';

/** One line of JSON on stdout. */
export function emitJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** As of the recipe's seed. */
export const seedBounds: NumberBounds = { least: -(2 ** 31), most: 2 ** 32 - 1 };

interface NumberBounds {
  readonly least: number;
  readonly most: number;
  /** Numbers between whole ones are taken, too. */
  readonly fractions?: true;
  /** A word that may stand instead. */
  readonly or?: string;
}

/** An option that takes a number: what is none, or beyond its bounds, is refused before anything begins. */
export class NumberOption extends Option {
  constructor(
    flags: string,
    description: string,
    readonly bounds: NumberBounds,
  ) {
    super(flags, description);
    this.argParser((text: string) => this.#checked(text));
  }

  /** The text as it was given, so that what is passed on to a recipe stays as it was written. */
  #checked(text: string): string {
    const { least, most, fractions, or } = this.bounds;
    const value = Number(text);
    const good = text.trim() !== '' && value >= least && value <= most && (fractions || Number.isInteger(value));
    if (good || (or !== undefined && text === or)) return text;
    throw new AsrError(
      'usage',
      `${this.long ?? this.flags} ${text}: expected ${or === undefined ? '' : `${or}, or `}a ` +
        `${fractions ? '' : 'whole '}number from ${least} to ${most}`,
    );
  }
}
