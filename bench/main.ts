// Benchmarks beside their peers: `npm run bench`, or one of them as `npm run bench:gan`. With --json one line a
// result on stdout; without, a table row. Peers are skipped with --no-peer.
import { Command } from 'commander';
import { computeSchema } from '../src/core/stage.js';
import { benchGan, ganSizes } from './gan.js';
import { benchPenalty } from './penalty.js';
import { benchRows, streamRows } from './rows.js';
import { benchSimulated, grades, type SimulatedLine } from './simulated.js';
import { writeSimulatedPage } from './simulated-page.js';

type Line = Readonly<Record<string, number | string | boolean | null>>;

function print(line: Line, json: boolean): void {
  process.stdout.write(json ? `${JSON.stringify(line)}\n` : `${Object.entries(line).map(([key, value]) => `${key} ${String(value)}`).join('  ')}\n`);
}

interface Common { json?: boolean; peer: boolean; threads: string; engine: string }

const common = (command: Command): Command => command
  .option('--json', 'one JSON line a result')
  .option('--no-peer', 'ours alone')
  .option('--threads <n>', 'threads of ours and of the peer', '2')
  .option('--engine <name>', 'where our graphs run', 'cpu');
const computeOf = ({ threads, engine }: Common) => computeSchema.parse({ threads: Number(threads), engine });

const program = new Command('bench');
common(program.command('gan', { isDefault: true }))
  .option('--size <name>', 'small, middle or paper; all three without it')
  .option('--active', 'ours: gradients of the active network only (clipScope active)')
  .option('--peer-joint', 'peer: gradients of both networks under one norm, as the reference; without it the other network is frozen')
  .action(async (options: Common & { size?: string; active?: boolean; peerJoint?: boolean }) => {
    const sizes = ganSizes.filter(({ size }) => options.size === undefined || options.size === size);
    for await (const line of benchGan({ compute: computeOf(options), joint: options.active !== true, peerJoint: options.peerJoint === true, sizes, peer: options.peer })) print(line, options.json === true);
  });
common(program.command('rows').description('k-means and PCA against scikit-learn'))
  .action(async (options: Common) => {
    for await (const line of benchRows(computeOf(options), options.peer)) print(line, options.json === true);
  });
common(program.command('penalty').description('what looking less often at the gradient penalty saves, and what it costs in phone error rate'))
  .option('--size <name>', 'of the steps that are timed: small, middle or paper', 'middle')
  .option('--seeds <n>', 'short trainings for each setting', '3')
  .option('--updates <n>', 'of each', '3000')
  .action(async (options: Common & { size: string; seeds: string; updates: string }) => {
    for await (const line of benchPenalty({ compute: computeOf(options), size: options.size, seeds: Number(options.seeds), updates: Number(options.updates) })) print(line, options.json === true);
  });
common(program.command('stream').description('peak memory of k-means and PCA over a stream'))
  .option('--rows <n>', 'frames', '50000')
  .action(async (options: Common & { rows: string }) => { print(await streamRows(computeOf(options), Number(options.rows)), options.json === true); });
common(program.command('simulated').description('matchers against the best mapping on simulated segments, from easy to hopeless'))
  .option('--grades <list>', 'difficulties; 1 = 10 % confusions, 5 % insertions, 5 % deletions', grades.join(','))
  .option('--units <n>', 'clusters', '64')
  .option('--gan <updates>', 'updates of adversarial training, from matching and alone', '0')
  .option('--seed <n>', 'seed', '1')
  .option('--page <file>', 'also draw the picture')
  .action(async (options: Common & { grades: string; units: string; gan: string; seed: string; page?: string }) => {
    const lines: SimulatedLine[] = [];
    const wanted = { compute: computeOf(options), grades: options.grades.split(',').map(Number), units: Number(options.units), ganUpdates: Number(options.gan), seed: Number(options.seed) };
    for await (const line of benchSimulated(wanted)) {
      lines.push(line);
      print(line, options.json === true);
    }
    if (options.page !== undefined) await writeSimulatedPage(options.page, lines);
  });
await program.parseAsync();
