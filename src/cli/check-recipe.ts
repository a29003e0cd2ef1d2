// `asr check RECIPE`: findings as lines for people, or as JSON; the exit code says whether there is a problem.
import type { CommandContext } from './context.js';
import { emitJson, type JsonOption } from './options.js';
import type { Finding } from '../recipe/check/finding.js';

export interface RecipeCheckOptions extends JsonOption {
  readonly data?: string;
  readonly run?: string;
  readonly set: readonly string[];
  readonly sample: string;
}

/** As for input that cannot be used (docs/errors.md). */
const problemCode = 3;

export async function checkRecipeCommand(
  recipe: string,
  options: RecipeCheckOptions,
  context: CommandContext,
): Promise<void> {
  const { checkRecipe } = await import('../recipe/check/check.js');
  const sample = Number(options.sample);
  const onTerminal = process.stderr.isTTY && !options.json;
  const clear = (): void => {
    if (onTerminal) process.stderr.write('\r\u001B[K');
  };
  const onStep = (what: string): void => {
    clear();
    if (onTerminal) process.stderr.write(`${what} …`);
  };
  const counts = { ok: 0, warning: 0, problem: 0 };
  for await (const finding of checkRecipe({
    recipe,
    data: options.data,
    run: options.run,
    set: options.set,
    sample,
    onStep,
  })) {
    counts[finding.level]++;
    clear();
    if (options.json) emitJson(finding);
    else process.stdout.write(describe(finding));
  }
  clear();
  if (!options.json) process.stdout.write(`${summary(counts)}\n`);
  if (counts.problem > 0) context.setExitCode(problemCode);
}

/** One line; below a warning or a problem why it matters and what to do. */
function describe({ level, about, what, why, todo }: Finding): string {
  const line = `${level.padEnd(8)} ${about.padEnd(14)} ${what}\n`;
  const more = (label: string, text: string): string => (text === '' ? '' : `${' '.repeat(24)}${label}: ${text}\n`);
  return level === 'ok' ? line : line + more('why', why) + more('do ', todo);
}

function summary({ warning, problem }: { warning: number; problem: number }): string {
  const some = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
  if (problem > 0) return `\n${some(problem, 'problem')}, ${some(warning, 'warning')}: mend the problems first.`;
  return warning > 0 ? `\nNo problems, ${some(warning, 'warning')}.` : '\nNothing to mend.';
}
