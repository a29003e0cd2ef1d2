// The command behind `npm run faults -- [--kills N] [--seed N] [--only N] [--record FILE [--seconds N]]`: half a
// minute of speech, a few hundred sentences, every kind of piece, so that each stage takes about a second. Three
// recipes: with a corpus step of its own; without one, in Kaldi's layout, with words and self-training; and without
// one by adversarial training, which goes on from checkpoints. With a record, calls of `--seconds` each add up to the
// kills that are asked for.
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
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
  'selftrain.method=none',
  'executor.shardItems=4',
  'executor.jobs=2',
];
const words = [
  'decode.method=words',
  'selftrain.method=hmm',
  'selftrain.hmm.passes=[mono]',
  'selftrain.hmm.trusted=1000',
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
const recipeIn = (layout: string): string => `name: plain
audio: ${layout}
text: { file: text.txt, language: es, stripLength: true }
score: { references: references.txt }
`;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(randomInt(1e6)) },
    /** One recipe alone, by its number. */
    only: { type: 'string' },
    /** A line for each recipe of each call; kills that stand there are not done again. */
    record: { type: 'string' },
    seconds: { type: 'string', default: 'Infinity' },
  },
});
interface Piece {
  readonly recipe: string;
  readonly seed: number;
  readonly report: FaultReport;
}
const started = performance.now();
const [kills, seed, seconds] = [Number(values.kills), Number(values.seed), Number(values.seconds)];
const pieces: Piece[] =
  values.record !== undefined && existsSync(values.record)
    ? (await readFile(values.record, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Piece)
    : [];
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
  const corpus = join(folder, 'run', 'corpus');
  await toKaldi(corpus);
  const prepared = async (layout: string): Promise<string[]> => {
    const recipe = join(folder, `${layout.replace(/\W+/g, '-')}.yaml`);
    await writeFile(recipe, recipeIn(layout));
    return [recipe, '--data', corpus];
  };
  const table = await prepared('{ layout: tsv, dir: ., table: audio.tsv }');
  const kaldi = await prepared('{ layout: kaldi, dir: kaldi }');
  const recipes = {
    'with a corpus step': [...demo, ...set(usual)],
    'without one, words': [...kaldi, ...set([...usual, ...words])],
    'without one, adversarial': [...table, ...set([...usual, ...adversarial])],
  };
  for (const [i, [recipe, args]] of Object.entries(recipes).entries()) {
    if (values.only !== undefined && Number(values.only) !== i + 1) continue;
    const share = values.only === undefined ? Math.floor(((i + 1) * kills) / 3) - Math.floor((i * kills) / 3) : kills;
    const done = pieces.filter((piece) => piece.recipe === recipe).reduce((sum, { report }) => sum + report.kills, 0);
    const left = seconds - (performance.now() - started) / 1000;
    if (done >= share || left <= 0) continue;
    tell(recipe);
    const piece = {
      recipe,
      seed: seed + i,
      report: await testFaults({ kills: share - done, seed: seed + i, args, tell, seconds: left }),
    };
    pieces.push(piece);
    if (values.record !== undefined) await appendFile(values.record, `${JSON.stringify(piece)}\n`);
  }
  const done = pieces.reduce((sum, { report }) => sum + report.kills, 0);
  const wrong = pieces.flatMap(({ report: { differing, lostSeeds } }) => [...differing, ...lostSeeds]);
  process.stdout.write(`${JSON.stringify({ seed, kills: done, wrong, pieces }, null, 1)}\n`);
  tell(`${done} of ${kills} kills, ${wrong.length} files that differ or were made twice`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** The prepared corpus in Kaldi's layout, beside its table. */
async function toKaldi(corpus: string): Promise<void> {
  const lines = (await readFile(join(corpus, 'audio.tsv'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  const [head = [], ...rows] = lines;
  const column = (name: string): number => head.indexOf(name);
  const out = join(corpus, 'kaldi');
  await mkdir(out, { recursive: true });
  const file = (value: (row: readonly string[]) => string): string =>
    rows
      .map((row) => `${row[column('id')]} ${value(row)}\n`)
      .sort()
      .join('');
  await writeFile(
    join(out, 'wav.scp'),
    file((row) => join(corpus, row[column('path')]!)),
  );
  await writeFile(
    join(out, 'utt2spk'),
    file((row) => row[column('speaker')]!),
  );
}
