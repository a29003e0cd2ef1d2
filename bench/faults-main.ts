// The command behind `npm run faults [kills] [seed]`: half a minute of speech, a few hundred sentences, three seeds, and
// every kind of piece, so that each stage takes about a second and no stage takes all the kills.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recipeFile } from '../src/recipe/locate.js';
import { testFaults } from './faults.js';

const settings = [
  'corpus.minutes=0.5',
  'clusters.count=24',
  'learn.matching.steps=60',
  'learn.matching.restarts=2',
  'learn.seeds=3',
  'learn.cycle.rounds=1',
  'decode.tune.enabled=false',
  'executor.shardItems=4',
  'executor.jobs=2',
];
const sentences = 400;

const [kills = 100, seed = 1] = process.argv.slice(2).map(Number);
const folder = await mkdtemp(join(tmpdir(), 'asr-faults-text-'));
try {
  const text = join(folder, 'sentences.txt');
  await writeFile(
    text,
    (await readFile(recipeFile('demo-es', 'sentences.txt'), 'utf8')).split('\n').slice(0, sentences).join('\n'),
  );
  const args = ['demo-es', ...[`corpus.sentences=${text}`, ...settings].flatMap((setting) => ['--set', setting])];
  const report = await testFaults({
    kills,
    seed,
    args,
    tell: (line) => {
      process.stderr.write(`${line}\n`);
    },
  });
  process.stdout.write(`${JSON.stringify(report, null, 1)}\n`);
  process.exitCode = report.differing.length + report.lostSeeds.length > 0 ? 1 : 0;
} finally {
  await rm(folder, { recursive: true, force: true });
}
