// Where the outputs of `asr transcribe` go, as its options say: one folder, a tree of folders, beside the recordings.
import { AsrError } from '../core/errors.js';
import { besideOutput, folderOutput, treeOutput, type Output } from '../transcribe/outputs.js';

export interface OutputOptions {
  readonly outputDir?: string;
  readonly beside?: boolean;
  readonly tree?: boolean;
  readonly watch?: string;
  readonly skipExisting?: boolean;
}

/** @throws AsrError 'usage' for options that do not go together */
export function checkOutputs(options: OutputOptions, named: readonly string[]): void {
  const { outputDir, beside = false, tree = false, watch, skipExisting = false } = options;
  const toFiles = outputDir !== undefined || beside;
  const refuse = (message: string, hint?: string): void => {
    throw new AsrError('usage', message, hint);
  };
  if (beside && outputDir !== undefined) refuse('--beside and --output-dir: only one of them');
  if (tree && outputDir === undefined) refuse('--tree needs --output-dir');
  if (skipExisting && !toFiles) refuse('--skip-existing needs --output-dir or --beside');
  if (watch !== undefined && !toFiles)
    refuse('--watch needs --beside or --output-dir', 'For instance: asr transcribe --watch inbox --model M --beside');
  if (watch !== undefined && named.length > 0) refuse('--watch and files: only one of them');
  if (watch === undefined && named.length === 0)
    refuse('no recording is named', 'Give files, folders or patterns; or --watch FOLDER.');
  if (beside && named.includes('-')) refuse('--beside: standard input lies in no folder', 'Use --output-dir.');
}

/** @param named what the user named: the roots of a tree */
export function filesOutput(
  { outputDir, beside, tree }: OutputOptions,
  formats: readonly string[],
  files: readonly string[],
  named: readonly string[],
): Promise<Output> {
  if (beside || outputDir === undefined) return besideOutput(formats, files);
  return tree ? treeOutput(outputDir, formats, files, named) : folderOutput(outputDir, formats, files);
}
