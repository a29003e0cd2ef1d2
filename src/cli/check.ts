// `asr check`: before the night is spent. A recipe is checked against its corpus and this machine (src/recipe/check);
// --engine tries every engine and times a training step.
import type { Command } from 'commander';
import { checkRecipeCommand, type RecipeCheckOptions } from './check-recipe.js';
import type { CommandContext } from './context.js';
import { collect, emitJson, given, NumberOption } from './options.js';

interface CheckOptions extends RecipeCheckOptions {
  readonly engine?: boolean;
  readonly size: string;
}

const sizes = {
  small: { batch: 32, length: 64, dim: 128 },
  middle: { batch: 64, length: 100, dim: 256 },
  paper: { batch: 160, length: 100, dim: 384 },
} as const;

export function addCheckCommand(program: Command, context: CommandContext): void {
  program
    .command('check')
    .description('find out what is wrong with a recipe, its corpus or this machine, before the night is spent')
    .argument('[recipe]', 'name of a recipe that comes with asr, or the path of a YAML file', given)
    .option('--data <folder>', 'where the corpus is', given)
    .option('--run <folder>', 'where results would go (default: runs/<name of the recipe>)', given)
    .option('--set <key=value>', 'change one setting; may be repeated', collect, [])
    .addOption(
      new NumberOption('--sample <number>', 'recordings to decode', { least: 1, most: 1_000_000 }).default('80'),
    )
    .option('--engine', 'which engines work here, and how fast a pair of adversarial training steps is on each')
    .option('--size <name>', `of those steps: ${Object.keys(sizes).join(', ')}`, 'small')
    .option('--json', 'one line of JSON for each finding or engine on stdout')
    .action(async (recipe: string | undefined, options: CheckOptions) => {
      if (recipe !== undefined) await checkRecipeCommand(recipe, options, context);
      if (recipe === undefined || options.engine === true) await checkEngines(options);
    });
}

async function checkEngines(options: CheckOptions): Promise<void> {
  const { AsrError } = await import('../core/errors.js');
  if (options.engine !== true)
    throw new AsrError('usage', 'asr check: nothing to check was named', 'asr check RECIPE, or asr check --engine');
  const size = (sizes as Readonly<Record<string, (typeof sizes)[keyof typeof sizes]>>)[options.size];
  if (!size) throw new AsrError('usage', `--size ${options.size}: expected ${Object.keys(sizes).join(', ')}`);
  const { engines, probeEngine, resolveEngine } = await import('../engine/index.js');
  const { measureSteps } = await import('../gan/step-time.js');
  const automatic = await resolveEngine('auto');
  for (const engine of engines) {
    const report = await probeEngine(engine);
    const time = report.found ? await measureSteps(size, { engine, threads: 0 }) : undefined;
    if (options.json) {
      emitJson({
        ...report,
        auto: engine === automatic,
        size: options.size,
        stepMs: time?.milliseconds ?? null,
        compileMs: time?.compileMilliseconds ?? null,
      });
    } else {
      const speed = time ? `  a pair of training steps (${options.size}) takes ${time.milliseconds.toFixed(0)} ms` : '';
      process.stdout.write(
        `${engine.padEnd(7)}${report.found ? 'works  ' : 'absent '} ${report.detail}${speed}` +
          `${engine === automatic ? '  <- auto' : ''}\n`,
      );
      if (report.install !== undefined) process.stdout.write(`${' '.repeat(15)}needs: ${report.install}\n`);
    }
  }
}
