// What several commands share: repeated options and the JSON line that programs read.

export interface JsonOption {
  readonly json?: boolean;
}

/** For options that may be given more than once. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** One line of JSON on stdout. */
export function emitJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
