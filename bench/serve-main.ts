// node dist/bench/serve-main.js MODEL FOLDER [seconds] [clients] [jobs] [files]: the load test of `asr serve`, with
// real sound.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { plainTranscripts, serveLoad } from './serve.js';

const [model, folder, seconds = '60', clients = '32', jobs = '2', most = '96'] = process.argv.slice(2);
if (model === undefined || folder === undefined) throw new Error('give a model and a folder of recordings');
const names = (await readdir(folder)).sort().slice(0, Number(most));
const options = {
  model,
  files: names.map((name) => join(folder, name)),
  seconds: Number(seconds),
  clients: Number(clients),
  jobs: Number(jobs),
};
const plain = await plainTranscripts(options);
const load = await serveLoad(options, plain.sounds);
// Before and after, since a machine is not as free all the time.
const again = await plainTranscripts(options);
const ratio = (2 * load.soundPerSecond) / (plain.soundPerSecond + again.soundPerSecond);
process.stdout.write(
  [
    `asr transcribe --jobs ${jobs}: ${plain.soundPerSecond.toFixed(1)} s of sound a second before, ` +
      `${again.soundPerSecond.toFixed(1)} after`,
    `asr serve --jobs ${jobs}, ${clients} clients: ${load.soundPerSecond.toFixed(1)} s of sound a second, ` +
      `${ratio.toFixed(2)} times that`,
    `CPU seconds for a second of sound: transcribe ${plain.cpuPerSound.toFixed(4)} and ` +
      `${again.cpuPerSound.toFixed(4)} (with loading), serve ${load.cpuPerSound.toFixed(4)}`,
    `${load.answered} answers in ${seconds} s, ${load.errors.length} errors, ${load.wrong} with other words`,
    `seconds of an answer: median ${load.medianSeconds.toFixed(2)}, slowest ${load.slowestSeconds.toFixed(2)}`,
    `memory in MiB: ${load.memory.map((bytes) => (bytes / 1048576).toFixed(0)).join(' ')}`,
    ...[...new Set(load.errors)].slice(0, 3),
    '',
  ].join('\n'),
);
