// YAML that people write, before it is read: the reader calls itself for every level and writes an excerpt for every
// slip, so that text which is too deep or a line that is too long ends the process instead of the reading.
import { AsrError } from './errors.js';

const mostCharacters = 1 << 20;
/** Keys of a mapping are compared with each other. */
const mostLines = 10_000;
const longestLine = 10_000;
/** Brackets inside brackets, and columns of indentation, dashes and question marks before a line's text. */
const deepest = 100;
const widestIndent = 400;

/**
 * @param where named in errors.
 * @throws AsrError 'config' when the text is larger, longer or deeper than settings are
 */
export function refuseMonstrousYaml(text: string, where: string): void {
  if (text.length > mostCharacters) throw tooMuch(where, `${text.length} characters, at most ${mostCharacters} can be`);
  const lines = text.split('\n');
  if (lines.length > mostLines) throw tooMuch(where, `${lines.length} lines, at most ${mostLines} can be`);
  let depth = 0;
  for (const [i, line] of lines.entries()) {
    const at = `${where}, line ${i + 1}`;
    if (line.length > longestLine) throw tooMuch(at, `${line.length} characters, at most ${longestLine} can be`);
    let indent = 0;
    while (indent < line.length && ' \t-?'.includes(line[indent]!)) indent++;
    if (indent > widestIndent && indent < line.length)
      throw tooMuch(at, `its text begins at column ${indent}, at most ${widestIndent} can be`);
    for (const character of line) {
      if (character === '[' || character === '{') depth++;
      else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
      if (depth > deepest) throw tooMuch(at, `more than ${deepest} brackets are open`);
    }
  }
}

const tooMuch = (where: string, what: string): AsrError =>
  new AsrError('config', `${where}: ${what}`, 'Is this the right file? See recipes/ for examples.');
