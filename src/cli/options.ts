// What several commands share: repeated options and the JSON line that programs read.
import { InvalidArgumentError } from 'commander';

export interface JsonOption {
  readonly json?: boolean;
}

/** For options that may be given more than once. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** For folders, files and names: an empty one, as from an unset shell variable, would mean the current folder. */
export function given(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It is empty; is a shell variable unset?');
  return value;
}

/** One line of JSON on stdout. */
export function emitJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
