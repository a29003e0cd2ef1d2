// The command behind `npm run faults [kills] [seed]`: half a minute of speech, a few hundred sentences, every kind of
// piece, so that each stage takes about a second and no stage takes all the kills. Three recipes: with a corpus step of
// its own, without one, and without one by adversarial training, which goes on from checkpoints.
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../src/core/version.js';
import { recipeFile } from '../src/recipe/locate.js';
import { testFaults, type FaultReport } from './faults.js';

const usual = [
  'clusters.count=24',
  'learn.matching.steps=60',
  'learn.matching.restarts=2',
  'learn.seeds=3',
  'learn.cycle.rounds=1',
  'decode.tune.enabled=false',
  'executor.shardItems=4',
  'executor.jobs=2',
];
const adversarial = [
  'learn.method=gan',
  'learn.refine=none',
  'learn.seeds=2',
  'learn.gan.updates=120',
  'learn.gan.batch=8',
  'learn.gan.discriminator.dim=16',
  'learn.gan.evaluateEvery=20',
  'learn.gan.checkpointEvery=10',
];
const sentences = 400;
const plain = `name: plain
audio: { layout: tsv, dir: ., table: audio.tsv }
text: { file: text.txt, language: es, stripLength: true }
score: { references: references.txt }
`;

const given = process.argv.slice(2).map(Number);
const [kills = 100, seed = randomInt(1e6)] = given;
const tell = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
tell(`seed ${seed}`);
const set = (settings: readonly string[]): string[] => settings.flatMap((setting) => ['--set', setting]);
const folder = await mkdtemp(join(tmpdir(), 'asr-faults-text-'));
try {
  const text = join(folder, 'sentences.txt');
  const all = (await readFile(recipeFile('demo-es', 'sentences.txt'), 'utf8')).split('\n');
  await writeFile(text, all.slice(0, sentences).join('\n'));
  const demo = ['demo-es', ...set([`corpus.sentences=${text}`, 'corpus.minutes=0.5'])];
  const program = join(packageRoot, 'bin', 'asr.js');
  execFileSync(process.execPath, [program, 'run', ...demo, '--run', join(folder, 'run'), '--to', 'corpus'], {
    stdio: 'ignore',
  });
  const recipe = join(folder, 'plain.yaml');
  await writeFile(recipe, plain);
  const prepared = [recipe, '--data', join(folder, 'run', 'corpus')];
  const recipes = {
    'with a corpus step': [...demo, ...set(usual)],
    'without one': [...prepared, ...set(usual)],
    'without one, adversarial': [...prepared, ...set([...usual, ...adversarial])],
  };
  const reports: Record<string, FaultReport> = {};
  for (const [i, [name, args]] of Object.entries(recipes).entries()) {
    tell(name);
    const share = Math.floor(((i + 1) * kills) / 3) - Math.floor((i * kills) / 3);
    reports[name] = await testFaults({ kills: share, seed: seed + i, args, tell });
  }
  process.stdout.write(`${JSON.stringify({ seed, kills, reports }, null, 1)}\n`);
  const wrong = Object.values(reports).flatMap(({ differing, lostSeeds }) => [...differing, ...lostSeeds]);
  process.exitCode = wrong.length > 0 ? 1 : 0;
} finally {
  await rm(folder, { recursive: true, force: true });
}
