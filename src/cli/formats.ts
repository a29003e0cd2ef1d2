// Names of formats as they stand on a command line.
import { nearestKey } from '../core/config.js';
import { AsrError } from '../core/errors.js';
import { formatNames, isFormatName, type FormatName } from '../transcribe/formats/table.js';

/**
 * @param text names, separated by commas
 * @param toFiles each has a file of its own
 * @throws AsrError 'usage' for an unknown one, and for several that would share one output
 */
export function formatNamesOf(text: string, toFiles: boolean): FormatName[] {
  const names = text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  const unique = [...new Set(names)];
  for (const name of unique) {
    if (isFormatName(name)) continue;
    const nearest = nearestKey(name, formatNames);
    throw new AsrError(
      'usage',
      `--format ${name}: not a format`,
      `${nearest === undefined ? '' : `Did you mean ${nearest}? `}There are ${formatNames.join(', ')}.`,
    );
  }
  if (unique.length > 1 && !toFiles)
    throw new AsrError('usage', `${unique.length} formats cannot share one output`, 'Add --output-dir FOLDER.');
  return unique as FormatName[];
}
