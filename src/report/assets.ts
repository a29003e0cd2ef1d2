// The page's own style and script, and Chart.js from its package, as texts to be inlined.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AsrError } from '../core/errors.js';
import { packageRoot } from '../core/version.js';
import type { PageAssets } from './page.js';

/** @throws AsrError 'dependency' where the installation is incomplete */
export async function loadAssets(): Promise<PageAssets> {
  const own = (file: string): string => join(packageRoot, 'src', 'report', 'page', file);
  const packaged = createRequire(import.meta.url).resolve('chart.js');
  const text = async (path: string): Promise<string> => readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AsrError('dependency', `${path}: a part of the report is missing`, 'Install the program again.', cause);
  });
  const charts = await text(join(dirname(packaged), 'chart.umd.js'));
  return { style: await text(own('page.css')), script: await text(own('page.js')) + await text(own('sounds.js')), charts: charts.replace(/^\/\/# sourceMappingURL=.*$/mu, '') };
}
