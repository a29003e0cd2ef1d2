// node dist/bench/serve-main.js MODEL FOLDER [seconds] [clients] [jobs]: the load test of `asr serve`, with real sound.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { plainTranscripts, serveLoad } from './serve.js';

const [model, folder, seconds = '60', clients = '32', jobs = '2'] = process.argv.slice(2);
if (model === undefined || folder === undefined) throw new Error('give a model and a folder of recordings');
const names = (await readdir(folder)).sort().slice(0, 48);
const options = {
  model,
  files: names.map((name) => join(folder, name)),
  seconds: Number(seconds),
  clients: Number(clients),
  jobs: Number(jobs),
};
const plain = await plainTranscripts(options);
const load = await serveLoad(options, plain.sounds);
process.stdout.write(
  [
    `asr transcribe --jobs ${jobs}: ${plain.soundPerSecond.toFixed(1)} s of sound a second (with loading)`,
    `asr serve --jobs ${jobs}, ${clients} clients: ${load.soundPerSecond.toFixed(1)} s of sound a second`,
    `${load.answered} answers in ${seconds} s, ${load.errors.length} errors, ${load.wrong} with other words`,
    `seconds of an answer: median ${load.medianSeconds.toFixed(2)}, slowest ${load.slowestSeconds.toFixed(2)}`,
    `memory in MiB: ${load.memory.map((bytes) => (bytes / 1048576).toFixed(0)).join(' ')}`,
    ...[...new Set(load.errors)].slice(0, 3),
    '',
  ].join('\n'),
);
