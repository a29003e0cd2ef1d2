// The report of a run that is there already: made again where it is missing or older than what it shows.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { resolveConfig } from '../core/config.js';
import { parseRecipe } from '../core/config-text.js';
import { AsrError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import { runStage } from '../core/stage-run.js';
import { reportFile, reportStage } from '../report/stage.js';
import { recipeSchema } from './config.js';

/**
 * @param run folder of a run whose stages are finished.
 * @returns the path of the page.
 * @throws AsrError 'usage', or 'input' naming the missing stage
 */
export async function reportOfRun(run: string, log: Log): Promise<string> {
  const folder = resolve(run);
  const path = join(folder, 'config.yaml');
  if (!existsSync(path))
    throw new AsrError(
      'usage',
      `${folder}: no run (it has no config.yaml)`,
      'Give the folder that `asr run` wrote into; `asr runs` lists those below a folder.',
    );
  const { seed, compute, report } = resolveConfig(
    recipeSchema,
    [parseRecipe(await readFile(path, 'utf8'), path)],
    path,
  );
  const corpus = join(folder, 'corpus');
  await runStage(reportStage, {
    inputs: Object.fromEntries(reportStage.reads.map((name) => [name, join(folder, name)])),
    out: join(folder, 'report'),
    config: report,
    data: existsSync(corpus) ? corpus : folder,
    seed,
    compute,
    log,
  });
  return join(folder, 'report', reportFile);
}
