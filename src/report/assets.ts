// A page's own style and scripts, and Chart.js from its package, as texts to be inlined.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AsrError } from '../core/errors.js';
import { vendoredFile } from '../core/vendored.js';
import { packageRoot } from '../core/version.js';
import type { PageAssets } from './document.js';

/**
 * @param scripts in the order in which they run, below src/
 * @throws AsrError 'dependency' where the installation is incomplete
 */
export async function loadAssets(scripts: readonly string[] = []): Promise<PageAssets> {
  const own = (file: string): string => join(packageRoot, 'src', file);
  const text = async (path: string): Promise<string> =>
    readFile(path, 'utf8').catch((cause: unknown) => {
      throw new AsrError('dependency', `${path}: a part of the report is missing`, 'Install the program again.', cause);
    });
  const charts = await text(vendoredFile('chart.js', 'dist/chart.umd.js'));
  const sources = await Promise.all(['report/page/charts.js', ...scripts].map((file) => text(own(file))));
  return {
    style: await text(own('report/page/page.css')),
    script: sources.join(''),
    charts: charts.replace(/^\/\/# sourceMappingURL=.*$/mu, ''),
  };
}
