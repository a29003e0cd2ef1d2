// node dist/bench/align-main.js MODEL MBOSHI RUN [language]: aligns the test utterances of a run over Mboshi, and
// compares with the corpus's own timed phones, which are a forced alignment with other phones (a silver standard).
import { align } from '../src/align/align.js';
import { loadModel } from '../src/transcribe/model.js';
import { beginnings, type UtterancePair } from './align.js';
import { timedTest } from './mboshi.js';

const [model, corpus, run, language = 'sw'] = process.argv.slice(2);
if (model === undefined || corpus === undefined || run === undefined)
  throw new Error('give a model, the corpus and the run');
const pairs: UtterancePair[] = [];
let skipped = 0;
let seconds = 0;
const begun = performance.now();
await using loaded = await loadModel(model);
for (const { path, text, reference } of await timedTest(corpus, run)) {
  try {
    const aligned = await align(loaded, path, text, { language });
    seconds += aligned.seconds;
    pairs.push({ found: aligned.phones.map(({ phone, ...times }) => ({ symbol: phone, ...times })), reference });
  } catch (error) {
    skipped++;
    process.stderr.write(`${(error as Error).message}\n`);
  }
}
const { aligned, even } = beginnings(pairs);
const took = (performance.now() - begun) / 1000;
const references = pairs.reduce((sum, { reference }) => sum + reference.length, 0);
process.stdout.write(
  [
    `beginnings of phones: ${String(aligned)}`,
    `spread evenly: ${String(even)}`,
    `${references} phones of the reference; ${pairs.length} utterances, ${skipped} left out`,
    `${seconds.toFixed(0)} s of sound in ${took.toFixed(0)} s`,
    '',
  ].join('\n'),
);
