// Stage report: what all other stages left behind in, one page for people out. It learns of references only what the
// score stage wrote of them.
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { defineStage, type StageIo } from '../core/stage.js';
import { readVerdict } from '../learn/verdict.js';
import { readScore, readScoredRuns } from '../score/report.js';
import { hypothesisFolder, readPassChoice, readPasses } from '../selftrain/output.js';
import { loadAssets } from './assets.js';
import { compareWithReferences, type Comparison } from './compare.js';
import { reportConfig, type ReportConfig } from './config.js';
import { readCurves } from './curves.js';
import { pickRandom, readExamples } from './examples.js';
import { readFrequencies } from './frequencies.js';
import { listUtterances } from './listing.js';
import { renderPage } from './page.js';
import { readPipeline } from './pipeline.js';
import { readChoice } from './runs.js';

/** The page, in the stage's folder. */
export const reportFile = 'report.html';

const reads = [
  'audio',
  'vad',
  'features',
  'text',
  'segments',
  'clusters',
  'learn',
  'decode',
  'selftrain',
  'score',
  'bundle',
] as const;
type Folders = Readonly<Record<(typeof reads)[number], string>>;

export const reportStage = defineStage({
  name: 'report',
  version: 6,
  reads,
  config: reportConfig,
  async run(io) {
    const folders = io.inputs;
    const hypotheses = hypothesisFolder(folders);
    const recognised = { ...folders, decode: hypotheses };
    const choice = await readChoice(folders);
    const frequencies = await readFrequencies({ ...folders, hypotheses });
    const score = await readScore(folders.score);
    const comparison: Comparison | undefined =
      score && (await compareWithReferences({ ...folders, hypotheses }, score, frequencies.silence, io.config));
    const picked =
      comparison?.picked ??
      (await pickRandom(folders.vad, io.config.worst + io.config.median, io.rng.fork('examples')));
    const examples = await readExamples(recognised, picked, frequencies.silence, io.config.soundSeconds);
    const page = renderPage(
      {
        title: basename(dirname(folders.learn)),
        seed: io.seed,
        pipeline: await readPipeline(foldersInOrder(io, folders)),
        choice,
        verdict: await readVerdict(folders.decode),
        curves: await readCurves(
          folders.learn,
          choice.runs.map(({ name }) => name),
          io.config.curvePoints,
        ),
        frequencies,
        score,
        passes: await readPasses(folders.selftrain),
        passChoice: await readPassChoice(folders.selftrain),
        scoredRuns: score ? await readScoredRuns(folders.score) : [],
        comparison,
        examples,
        listing: await listUtterances(
          { ...folders, hypotheses },
          score !== undefined,
          frequencies.silence,
          io.config.listed,
        ),
      },
      await loadAssets(['report/page/page.js', 'report/page/sounds.js', 'report/page/listing.js']),
    );
    await writeFile(join(io.out, reportFile), page);
    return { bytes: Buffer.byteLength(page), utterances: examples.length, runs: choice.runs.length };
  },
});

/** A recipe's own first step, which makes the corpus, is known by its record in the data folder. */
function foldersInOrder(io: StageIo<ReportConfig>, folders: Folders): string[] {
  return [io.data, ...reads.map((name) => folders[name])];
}
