// JSON as Python writes and reads it: NaN, Infinity and -Infinity are numbers, and a byte order mark may stand in
// front. A text in, a value out; everything else is JSON.

// A string without an end reaches to that of the text: looked for again at each
// quote inside it, it would cost a square.
const marked = /"[^"\\]*(?:\\[^]?[^"\\]*)*(?:"|$)|-?\bInfinity\b|\bNaN\b/g;

/** @throws SyntaxError as JSON.parse */
export function parsePythonJson(text: string): unknown {
  const plain = text.startsWith('\uFEFF') ? text.slice(1) : text;
  let mark = 'number:';
  while (plain.includes(mark)) mark += ':';
  let found = false;
  const quoted = plain.replace(marked, (token) => {
    if (token.startsWith('"')) return token;
    found = true;
    return JSON.stringify(mark + token);
  });
  if (!found) return JSON.parse(plain);
  return JSON.parse(quoted, (key, value: unknown) => {
    if (key.startsWith(mark)) throw new SyntaxError(`${key.slice(mark.length)} is no name of a property`);
    return typeof value === 'string' && value.startsWith(mark) ? Number(value.slice(mark.length)) : value;
  });
}
