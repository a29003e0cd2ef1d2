// Numbers on the command line (`asr serve --queue`, `asr probe --frames 1e300`, `asr lm estimate --memory 1e9`) had no
// bounds, or were looked at after minutes of work. Each option that takes a number has a range and is refused at once.
import type { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/main.js';
import { NumberOption } from '../../src/cli/options.js';

const program = createProgram({ setExitCode: () => undefined });
const commands: readonly Command[] = program.commands.flatMap((one) =>
  one.commands.length > 0 ? [...one.commands] : [one],
);
const options = commands.flatMap((command) =>
  command.options.map((option) => [`${command.name()} ${option.flags}`, command, option] as const),
);

/** Names of values that are numbers, and defaults that are. */
const takesNumber = ({ flags, defaultValue }: Option): boolean =>
  /<(n|number|count|seconds|minutes|hours|hz|MiB|megabytes|share|deviation|port|ms|size|limit)>/iu.test(flags) ||
  (typeof defaultValue === 'string' && defaultValue !== '' && Number.isFinite(Number(defaultValue)));

const numbers = options.filter(([, , option]) => option instanceof NumberOption || takesNumber(option));

describe('numbers of the command line have bounds', () => {
  it('are found by the walk', () => {
    expect(numbers.length).toBeGreaterThan(25);
  });

  it.each(numbers)('%s', (_, command, option) => {
    expect(option).toBeInstanceOf(NumberOption);
    const { bounds } = option as NumberOption;
    expect(bounds.least).toBeGreaterThanOrEqual(-(2 ** 31));
    expect(bounds.most).toBeLessThanOrEqual(2 ** 32);
    expect(bounds.most).toBeGreaterThan(bounds.least);
    const take = (text: string): unknown => option.parseArg?.(text, undefined);
    for (const good of [`${bounds.least}`, `${bounds.most}`, bounds.or ?? `${bounds.least}`])
      expect(take(good)).toBe(good);
    if (option.defaultValue !== undefined) expect(take(String(option.defaultValue))).toBe(option.defaultValue);
    const bad = ['', ' ', 'x', 'NaN', 'Infinity', '1e999', '1e300', `${bounds.most + 1}`, `${bounds.least - 1}`];
    for (const text of bounds.fractions ? bad : [...bad, '1.5'])
      expect(() => take(text), `${command.name()} ${text}`).toThrow(`${option.long} ${text}: expected`);
  });
});
