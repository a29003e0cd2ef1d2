// node dist/bench/conditions-main.js CORPUS OUT [condition,…] [seed]: a corpus under harder conditions, each in a
// folder of OUT; then the same recipe runs on each with --data.
import { join, resolve } from 'node:path';
import { conditions, makeCondition, type Condition } from './conditions.js';

const all = Object.keys(conditions) as Condition[];
const [corpus, out, wanted = all.join(','), seed = '1'] = process.argv.slice(2);
if (corpus === undefined || out === undefined)
  throw new Error(`give a corpus and a folder for its conditions (${all.join(', ')})`);
for (const name of wanted.split(',')) {
  const condition = all.find((own) => own === name);
  if (!condition) throw new Error(`no condition "${name}"; there are ${all.join(', ')}`);
  const made = await makeCondition(resolve(corpus), join(resolve(out), condition), condition, Number(seed));
  process.stdout.write(`${condition}: ${made} recordings, seed ${seed}\n`);
}
