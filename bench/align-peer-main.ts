// node dist/bench/align-peer-main.js FOLDER MODEL MBOSHI RUN [language] [utterances]: this aligner and echogarden's,
// on the same files in one run. FOLDER holds echogarden (`npm install echogarden` there), which is no dependency of
// this program.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { sampleRate } from '../src/core/time.js';
import { align } from '../src/align/align.js';
import { fromGrid } from '../src/audio/mono.js';
import { decodeToGrid } from '../src/audio/decode.js';
import { loadModel } from '../src/transcribe/model.js';
import { beginnings, type TimedSymbol, type UtterancePair } from './align.js';
import { timedTest } from './mboshi.js';

const [folder, model, corpus, run, language = 'sw', most = '200'] = process.argv.slice(2);
if (folder === undefined || model === undefined || corpus === undefined || run === undefined)
  throw new Error('give the folder of echogarden, a model, the corpus and the run');

interface Entry {
  readonly type: string;
  readonly text: string;
  readonly startTime: number;
  readonly endTime: number;
  readonly timeline?: readonly Entry[] | undefined;
}
const entrySchema: z.ZodType<Entry> = z.lazy(() =>
  z.object({
    ...{ type: z.string(), text: z.string(), startTime: z.number(), endTime: z.number() },
    timeline: z.array(entrySchema).optional(),
  }),
);
const peerSchema = z.object({
  align: z.custom<(sound: object, text: string, options: object) => Promise<unknown>>(
    (value) => typeof value === 'function',
  ),
});
const entry = createRequire(join(folder, 'package.json')).resolve('echogarden');
const peer = peerSchema.parse(await import(pathToFileURL(entry).href));

const phonesOf = ({ type, text, startTime, endTime, timeline = [] }: Entry): TimedSymbol[] =>
  type === 'phone' ? [{ symbol: text, start: startTime, end: endTime }] : timeline.flatMap(phonesOf);

const pairs: Record<'ours' | 'echogarden', UtterancePair[]> = { ours: [], echogarden: [] };
const took = { ours: 0, echogarden: 0 };
let [seconds, skipped] = [0, 0];
await using loaded = await loadModel(model);
for (const { path, text, reference } of (await timedTest(corpus, run)).slice(0, Number(most))) {
  try {
    const { samples } = await decodeToGrid(path);
    const begun = performance.now();
    const own = await align(loaded, path, text, { language });
    const between = performance.now();
    const sound = { audioChannels: [fromGrid(samples)], sampleRate };
    const options = { engine: 'dtw', language, isolate: false, crop: false };
    const told = z.object({ timeline: z.array(entrySchema) }).parse(await peer.align(sound, text, options));
    took.ours += (between - begun) / 1000;
    took.echogarden += (performance.now() - between) / 1000;
    pairs.ours.push({ found: own.phones.map(({ phone, ...times }) => ({ symbol: phone, ...times })), reference });
    pairs.echogarden.push({ found: told.timeline.flatMap(phonesOf), reference });
    seconds += own.seconds;
  } catch (error) {
    skipped++;
    process.stderr.write(`${(error as Error).message}\n`);
  }
}
for (const name of ['ours', 'echogarden'] as const) {
  const { aligned, even } = beginnings(pairs[name]);
  process.stdout.write(
    `${name}: beginnings of phones ${String(aligned)}; spread evenly ${String(even)}; ` +
      `${took[name].toFixed(0)} s for ${seconds.toFixed(0)} s of sound\n`,
  );
}
process.stdout.write(`${pairs.ours.length} utterances, ${skipped} left out\n`);
