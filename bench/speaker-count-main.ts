// node dist/bench/speaker-count-main.js MBOSHI KERSTIN TEXT [SPEAKER_MODEL]: whether `--speakers auto` finds how many
// people there are, on recordings of one voice and of several; those that chose its settings and the others apart.
import { createDetector } from '../src/vad/detector.js';
import { vadConfig } from '../src/vad/config.js';
import { computeSchema } from '../src/core/stage.js';
import { sampleRate } from '../src/core/time.js';
import { createEspeak } from '../src/espeak/espeak.js';
import { diarise } from '../src/speakers/diarise.js';
import { diarisationError } from './diarisation-error.js';
import { cases, sessions, VoiceMixer } from './speaker-count.js';
import { kerstinSentences, mboshiSentences } from './speakers.js';

const [mboshi, kerstin, text, model] = process.argv.slice(2);
if (mboshi === undefined || kerstin === undefined || text === undefined)
  throw new Error('give the folders of Mboshi and of Kerstin, and a file of English sentences');
const compute = computeSchema.parse({});
const detector = await createDetector(vadConfig.parse({ method: 'silero' }), compute, '.');
const all = sessions([...(await mboshiSentences(mboshi)), ...(await kerstinSentences(kerstin))]);
const espeak = await createEspeak();
const mixer = await VoiceMixer.open(all, espeak, text);
const told = new Map<string, { right: number; count: number; error: number }>();
for (const one of cases([...all.keys()])) {
  const { samples, turns } = await mixer.mix(one);
  const found = await diarise(samples, await detector.detect(samples), { count: 'auto', model }, compute);
  const { rate } = diarisationError(
    turns,
    found.map(({ start, end, speaker }) => ({
      start: start / sampleRate,
      end: end / sampleRate,
      speaker: String(speaker),
    })),
  );
  const people = new Set(found.map(({ speaker }) => speaker)).size;
  const there = new Set(turns.map(({ speaker }) => speaker)).size;
  process.stdout.write(
    `${one.id} ${one.kind}, ${one.seconds} s: ${there} speak, ${people} found, DER ${(100 * rate).toFixed(1)} %\n`,
  );
  const key = `${one.calibrates ? 'calibrating' : 'others'}: ${there === 1 ? one.kind : 'several'}, ${one.seconds} s`;
  const before = told.get(key) ?? { right: 0, count: 0, error: 0 };
  told.set(key, {
    right: before.right + Number(people === there),
    count: before.count + 1,
    error: before.error + rate,
  });
}
for (const [key, { right, count, error }] of told)
  process.stdout.write(`${key}: ${right} of ${count}, DER ${((100 * error) / count).toFixed(1)} %\n`);
await detector.dispose();
espeak.dispose();
