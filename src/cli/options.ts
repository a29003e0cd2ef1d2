// What several commands share: repeated options and the JSON line that programs read.
import { InvalidArgumentError, Option } from 'commander';
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

/** One line of JSON on stdout. */
export function emitJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** @throws AsrError 'usage' for what is no whole number of this range */
export async function wholeOption(option: string, text: string, least: number, most: number): Promise<number> {
  const { AsrError } = await import('../core/errors.js');
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most)
    throw new AsrError('usage', `${option} ${text}: expected a whole number from ${least} to ${most}`);
  return value;
}
