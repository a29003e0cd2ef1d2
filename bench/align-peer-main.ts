// node dist/bench/align-peer-main.js FOLDER MODEL MBOSHI RUN [language] [utterances]: this aligner and echogarden's,
// on the same files in one run. FOLDER holds echogarden (`npm install echogarden` there), which is no dependency of
// this program.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { withoutTone } from '../recipes/mboshi/prepare.js';
import { align } from '../src/align/align.js';
import { fromGrid } from '../src/audio/mono.js';
import { decodeToGrid } from '../src/audio/decode.js';
import { sampleRate } from '../src/core/records.js';
import { loadModel } from '../src/transcribe/model.js';
import { BoundaryCounts, evenly, partners, type TimedSymbol, type UtterancePair } from './align.js';

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

const table = (text: string): string[][] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
const listed = table(await readFile(join(run, 'corpus', 'audio.tsv'), 'utf8'));
const test = new Set(listed.filter((fields) => fields[3] === 'test').map(([id]) => id));
const [head = [], ...rows] = table(await readFile(join(corpus, 'utterances.tsv'), 'utf8'));
const field = (row: readonly string[], name: string): string => row[head.indexOf(name)] ?? '';

const pairs: Record<'ours' | 'echogarden', UtterancePair[]> = { ours: [], echogarden: [] };
const took = { ours: 0, echogarden: 0 };
let [seconds, skipped] = [0, 0];
await using loaded = await loadModel(model);
for (const row of rows.filter((one) => test.has(field(one, 'utt_id'))).slice(0, Number(most))) {
  const reference = field(row, 'align_limsi')
    .split(' ')
    .map((piece) => piece.split(':'))
    .filter(([phone]) => phone !== 'SIL')
    .map(([symbol = '', start, end]): TimedSymbol => ({ symbol, start: Number(start), end: Number(end) }));
  const path = join(corpus, 'audio', `${field(row, 'utt_id')}.opus`);
  const text = withoutTone(field(row, 'transcript'));
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
  const [aligned, even] = [new BoundaryCounts(), new BoundaryCounts()];
  const matched = partners(pairs[name]);
  pairs[name].forEach((pair, i) => {
    const spread = evenly(pair);
    for (const [f, r] of matched[i]!) {
      aligned.add(pair.found[f]!.start - pair.reference[r]!.start);
      even.add(spread[f]!.start - pair.reference[r]!.start);
    }
  });
  process.stdout.write(
    `${name}: beginnings of phones ${String(aligned)}; spread evenly ${String(even)}; ` +
      `${took[name].toFixed(0)} s for ${seconds.toFixed(0)} s of sound\n`,
  );
}
process.stdout.write(`${pairs.ours.length} utterances, ${skipped} left out\n`);
