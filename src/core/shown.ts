// Text that came from a file or a name, made fit for a message: short, and without characters that move a terminal's
// cursor, colour its text or turn its direction.

const most = 200;

// Control characters, line and paragraph separators, marks that change the direction of what follows, and halves of
// surrogate pairs (bytes of a name that is not UTF-8). A newline stays: messages have several lines.
const half = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;
const control = /[\0-\x09\x0B-\x1F\x7F-\x9F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/;
const unfit = new RegExp(`${control.source}|${half.source}`, 'g');

/** The same text with such characters as `\x1b` or `\u2028`. */
export function legible(text: string): string {
  return text.replace(unfit, (character) => {
    const code = character.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}

/** Text of one line, for formats that have no escapes of their own. */
export const legibleLine = (text: string): string => legible(text.replaceAll('\n', '\\n'));

/** In quotes, at most `length` characters of it. */
export function shown(text: string, length = most): string {
  return text.length <= length ? JSON.stringify(text) : `${JSON.stringify(text.slice(0, length))}…`;
}

/** A command as a person would type it: words that a shell would take apart are quoted. */
export const quotedCommand = (words: readonly string[]): string =>
  words.map((word) => (/^[\w./=:,+-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`)).join(' ');

/** Without quotes: the beginning of what may be as long as a file. */
export function shortened(text: string, length = most): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}
