// node --expose-gc dist/bench/soak-main.js MODEL FOLDER [hours] [picture.svg]: memory and handles of `asr transcribe`
// and `asr serve` in one process over hours of sound.
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { plainTranscripts } from './serve.js';
import { slopeOf, soak, soakPicture, type SoakSample } from './soak.js';
import { rounded } from './timing.js';

const [model, folder, hours = '24', picture] = process.argv.slice(2);
if (model === undefined || folder === undefined) throw new Error('give a model and a folder of recordings');
const names = (await readdir(folder)).filter((name) => /\.(wav|flac)$/.test(name)).sort();
const paths = names.slice(0, 96).map((name) => join(folder, name));
const { sounds } = await plainTranscripts({ model, files: paths, seconds: 0, clients: 1, jobs: 1 });
const samples: SoakSample[] = [];
for await (const sample of soak({ model, paths, sounds, hours: Number(hours), samples: 120 })) {
  samples.push(sample);
  process.stdout.write(`${JSON.stringify(sample)}\n`);
  if (picture !== undefined) await writeFile(picture, soakPicture(samples));
}
const measures = ['rssMiB', 'heapMiB', 'externalMiB', 'files', 'resources'] as const;
const grown = measures.map((measure) => `${measure} ${rounded(slopeOf(samples, measure))}`);
process.stdout.write(`gained in an hour of sound, over the second half: ${grown.join(', ')}\n`);
