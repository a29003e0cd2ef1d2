// node dist/bench/demo-seeds-main.js FOLDER [SEEDS] [ASR RUN OPTIONS …]: the demo on several seeds of sound and text,
// what self-training chose of its passes and what would have been best, as a table. Runs lie in FOLDER/seed-N; one that
// is there is not made again, one that was interrupted goes on.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { readStageRecord } from '../src/core/stage-run.js';
import { readScore, type ScoreReport } from '../src/score/report.js';
import { stageNames } from '../src/stages.js';
import { judgesOf, passJudges } from './pass-judges.js';

const [folder, seeds = '1,2,3,4,5,6,7,8,9,10', ...more] = process.argv.slice(2);
if (folder === undefined) throw new Error('give a folder for the runs');
const program = join(import.meta.dirname, '..', '..', 'bin', 'asr.js');
const percent = (share: number | undefined): string => (share === undefined ? '–' : (100 * share).toFixed(1));
const row = (cells: readonly string[]): void => {
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
};

/** Runs the demo where it is not there whole. */
async function make(run: string, seed: string): Promise<void> {
  if (existsSync(join(run, 'report', 'stage.json')) && more.length === 0) return;
  const args = [program, 'demo', '--run', run, '--set', `seed=${seed}`, ...more];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`asr demo, seed ${seed}: exit code ${code}`);
}

/** Processor seconds of all stages, the corpus among them; of an interrupted stage those since it was taken up. */
async function cpuSeconds(run: string): Promise<number> {
  let sum = 0;
  for (const stage of ['corpus', ...stageNames])
    sum += (await readStageRecord(join(run, stage)))?.energy?.cpuSeconds ?? 0;
  return sum;
}

const passesOf = ({ passes, per }: ScoreReport): NonNullable<ScoreReport['passes']> =>
  passes ?? [{ name: 'decode', chosen: true, metric: null, per }];

const heading = [
  'seed',
  'PER of each pass',
  'chosen',
  'best',
  'regret',
  'PER',
  'WER',
  'of the text',
  'unknown',
  'CPU s',
];
row([...heading, 'load']);
row([...heading, ''].map(() => '---'));
const judged: { seed: string; name: string; per: number; judges: readonly (number | null)[] }[] = [];
for (const seed of seeds.split(',')) {
  const run = join(folder, `seed-${seed}`);
  await make(run, seed);
  const score = await readScore(join(run, 'score'));
  if (!score) throw new Error(`${run}: nothing was scored`);
  const passes = passesOf(score);
  const chosen = passes.find((pass) => pass.chosen) ?? passes[0]!;
  const best = passes.reduce((least, pass) => (pass.per < least.per ? pass : least));
  row([
    seed,
    passes.map(({ name, per }) => `${name} ${percent(per)}`).join(', '),
    chosen.name,
    best.name,
    percent((chosen.per - best.per) / best.per),
    percent(score.per),
    percent(score.words?.wer),
    percent(score.words?.inText?.wer),
    percent(score.words?.outside),
    (await cpuSeconds(run)).toFixed(0),
    loadavg()[0]!.toFixed(1),
  ]);
  const judges = await judgesOf(run, passes);
  passes.forEach(({ name, per }, i) => judged.push({ seed, name, per, judges: judges[i]! }));
}
process.stdout.write(
  '\nRegret in percent of the best pass. What judges without labels say of each pass; lower is better:\n\n',
);
row(['seed', 'pass', 'PER', ...passJudges]);
row(['', '', '', ...passJudges].map(() => '---'));
for (const { seed, name, per, judges } of judged)
  row([seed, name, percent(per), ...judges.map((value) => (value === null ? '–' : value.toPrecision(4)))]);
