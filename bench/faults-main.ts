// The command behind `npm run faults [kills] [seed]`: half a minute of speech, three seeds, two kinds of pieces.
import { testFaults } from './faults.js';

const smallRun = [
  'demo-es', ...['corpus.minutes=0.7', 'clusters.count=24', 'learn.matching.steps=60', 'learn.matching.restarts=2', 'learn.seeds=3', 'learn.cycle.rounds=1', 'decode.tune.enabled=false', 'executor.shardItems=4', 'executor.jobs=2']
    .flatMap((setting) => ['--set', setting]),
];

const [kills = 100, seed = 1] = process.argv.slice(2).map(Number);
const report = await testFaults({ kills, seed, args: smallRun, tell: (line) => { process.stderr.write(`${line}\n`); } });
process.stdout.write(`${JSON.stringify(report, null, 1)}\n`);
process.exitCode = report.differing.length + report.lostSeeds.length > 0 ? 1 : 0;
