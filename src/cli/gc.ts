// `asr gc`: what of a folder of runs nothing needs, how large it is and what it would cost to have it again; removes it
// when told to.
import type { Command } from 'commander';
import { emitJson, type JsonOption } from './options.js';

interface GcOptions extends JsonOption {
  readonly yes?: boolean;
  readonly intermediate?: boolean;
  readonly unfinished?: boolean;
  readonly dryRun?: boolean;
}

export function addGcCommand(program: Command): void {
  program
    .command('gc')
    .description(
      'show, and with --yes remove, what no run needs: leftovers of interrupted ' +
        'runs, results made from inputs that are gone',
    )
    .argument('[folder]', 'folder of runs, or one run', 'runs')
    .option('--intermediate', 'also decoded sound, frames and segments of finished runs, which can be made again')
    .option(
      '--unfinished',
      'also finished pieces and trainings of interrupted runs, which the same command would continue with',
    )
    .option('--dry-run', 'only show it; this is what happens without --yes')
    .option('--yes', 'remove it')
    .option('--json', 'one line of JSON for each folder: run, path, bytes, kind, reason, rebuildSeconds')
    .action(gcCommand);
}

async function gcCommand(folder: string, options: GcOptions): Promise<void> {
  const { findCollectable, removeCollectable } = await import('../recipe/collect.js');
  const { AsrError } = await import('../core/errors.js');
  const { duration, size } = await import('../core/readable.js');
  if (options.yes && options.dryRun) throw new AsrError('usage', '--yes and --dry-run contradict each other');
  const found = await findCollectable(folder, {
    intermediate: options.intermediate === true,
    unfinished: options.unfinished === true,
  });
  for (const item of found) {
    if (options.json) emitJson(item);
    else
      process.stdout.write(
        `${size(item.bytes).padStart(9)}  ${item.path}\n           ${item.reason}` +
          `${item.rebuildSeconds === null ? '' : `; ${duration(item.rebuildSeconds)} to make again`}\n`,
      );
  }
  const total = found.reduce((sum, { bytes }) => sum + bytes, 0);
  if (options.yes) await removeCollectable(found);
  if (options.json) return;
  if (found.length === 0) process.stdout.write('Nothing to remove: every run needs all that it has.\n');
  else
    process.stdout.write(
      options.yes
        ? `Removed ${size(total)}.\n`
        : `${size(total)} in all; --yes removes it.` +
            `${options.intermediate ? '' : ' --intermediate shows what finished runs could do without.'}\n`,
    );
}
