// Several runs in, a page out: their numbers in a table and the training curves of what each of them chose over each
// other. Nothing is trained or decoded for it.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { programVersion } from '../core/version.js';
import { readVerdict } from '../learn/verdict.js';
import { bestGuess, readScore } from '../score/report.js';
import { loadAssets } from './assets.js';
import { renderDocument } from './document.js';
import { html, type Html } from './html.js';
import { amount, percent } from '../core/readable.js';
import { overlaidCurves, rankColour } from './overlay.js';
import { readChoice } from './runs.js';
import { table } from './sections/table.js';

/**
 * Writes `path`.
 * @param runs names, as they are shown, and folders; each with finished stages text and learn
 * @throws AsrError 'input' or 'io' where one of these is missing or damaged
 */
export async function writeRunsPage(
  path: string,
  runs: readonly { readonly name: string; readonly folder: string }[],
): Promise<void> {
  const shown = await Promise.all(
    runs.map(async ({ name, folder }, i) => {
      const stage = (name: string): string => join(folder, name);
      const { chosen } = await readChoice({ learn: stage('learn'), text: stage('text') });
      const score = existsSync(stage('score')) ? await readScore(stage('score')) : undefined;
      const verdict = existsSync(stage('decode')) ? await readVerdict(stage('decode')) : undefined;
      return { name, folder, chosen, score, verdict, colour: rankColour(i / Math.max(1, runs.length - 1)) };
    }),
  );
  const rows = shown.map(({ name, chosen, score, verdict, colour }) => ({
    cells: [
      html`${swatch(colour)} ${name}`,
      chosen ? `${chosen.method}, seed ${chosen.seed}` : 'no run was chosen',
      amount(chosen?.metric ?? Infinity),
      verdict?.verdict ?? '–',
      score ? percent(score.per) : '–',
      score ? percent(bestGuess(score).per) : '–',
      score?.words ? percent(score.words.wer) : '–',
    ],
  }));
  const columns = [
    ...[{ name: 'Run' }, { name: 'Learned by' }, { name: 'Metric', number: true }, { name: 'Verdict' }],
    ...['PER', 'Best guess', 'WER'].map((name) => ({ name, number: true })),
  ];
  const curves = await overlaidCurves(
    shown.flatMap(({ folder, chosen, colour }) =>
      chosen ? [{ folder, run: chosen.name, colour, bold: runs.length < 4 }] : [],
    ),
  );
  const page = renderDocument(
    {
      title: `${runs.length} runs`,
      heading: `${runs.length} runs beside each other`,
      kicker: 'Unsupervised speech recognition',
      lead: html`<p>
        Metrics and verdicts were found without labels; error rates only where a recipe names references. A metric
        compares runs of one text and phone set, no others.
      </p>`,
      sections: [{ id: 'runs', title: 'Runs', body: table('Runs beside each other', columns, rows) }, ...curves],
      program: programVersion,
      data: {},
    },
    await loadAssets(),
  );
  await writeFile(path, page);
}

const swatch = (colour: string): Html =>
  html`<svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" fill="${colour}" /></svg>`;
