// A value that somebody else wrote and a schema in; the value with its defaults out, or in one line everything that is
// wrong with it: which field, what was expected, what was found.
import type { z } from 'zod';
import { nearestName } from './nearest.js';
import { shortened } from './shown.js';

/**
 * @param refuse makes the error of every problem; `field` is that of the first, without what stands below it
 * @param whole what to call the value itself where no field of it is wrong
 * @throws what `refuse` makes
 */
export function checked<T extends z.ZodType>(
  schema: T,
  value: unknown,
  refuse: (problems: string, field: string) => Error,
  whole = 'the whole',
): z.infer<T> {
  const parsed = schema.safeParse(value, { error: inOurWords });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || whole}: ${message}`);
  throw refuse(problems.join('; '), String(parsed.error.issues[0]?.path[0] ?? ''));
}

const nouns: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'fields with values',
  record: 'fields with values',
};
const units: Readonly<Record<string, string>> = { string: ' characters', array: ' items' };

/** Messages that schemas carry themselves come before these, and zod's own behind. */
function inOurWords(issue: z.core.$ZodRawIssue): string | undefined {
  const expected = expectedBy(issue);
  if (expected === undefined) return undefined;
  if (issue.input === undefined) return `missing, expected ${expected}`;
  const empty = issue.input === null && issue.code === 'invalid_type' && issue.expected === 'string';
  return `expected ${expected}, found ${empty ? "nothing (empty text is written '')" : found(issue.input)}`;
}

function expectedBy(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return nouns[issue.expected];
    case 'invalid_value': {
      const known = issue.values.map(String);
      const near = typeof issue.input === 'string' ? nearestName(issue.input, known) : undefined;
      return `${known.length > 1 ? 'one of ' : ''}${known.join(', ')}${near === undefined ? '' : ` (perhaps ${near})`}`;
    }
    case 'too_small':
      return `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${units[issue.origin] ?? ''}`;
    case 'too_big':
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${units[issue.origin] ?? ''}`;
    default:
      return undefined;
  }
}

const longest = 60;
/** A number as it is, everything else as JSON writes it. */
const found = (value: unknown): string =>
  typeof value === 'number' ? String(value) : shortened(JSON.stringify(value) ?? typeof value, longest);
