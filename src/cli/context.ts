// What every command gets besides its arguments.

/** What a command may tell the program besides its output. */
export interface CommandContext {
  /** For a command that did its work but not all of it. */
  readonly setExitCode: (code: number) => void;
}
