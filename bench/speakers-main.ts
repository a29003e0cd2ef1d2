// node dist/bench/speakers-main.js MBOSHI KERSTIN [SPEAKER_MODEL]: diarisation error rates on two mixtures of the two
// corpora, five minutes each, with the number of people known and not. Nothing of a mixture is kept.
import { createDetector } from '../src/vad/detector.js';
import { vadConfig } from '../src/vad/config.js';
import { computeSchema } from '../src/core/stage.js';
import { sampleRate } from '../src/core/records.js';
import { diarise } from '../src/speakers/diarise.js';
import { diarisationError } from './diarisation-error.js';
import { kerstinSentences, makeMixture, mboshiSentences } from './speakers.js';

const [mboshi, kerstin, model] = process.argv.slice(2);
if (mboshi === undefined || kerstin === undefined) throw new Error('give the folders of Mboshi and of Kerstin');
const seconds = 300;
const compute = computeSchema.parse({});
const detector = await createDetector(vadConfig.parse({ method: 'silero' }), compute, '.');
const three = await mboshiSentences(mboshi);
const mixtures = {
  'three speakers of Mboshi': await makeMixture(three, seconds, 'bench 1'),
  'two of Mboshi and Kerstin': await makeMixture(
    [...three.filter(({ speaker }) => speaker !== 'martial'), ...(await kerstinSentences(kerstin))],
    seconds,
    'bench 2',
  ),
};
for (const [name, { samples, turns }] of Object.entries(mixtures)) {
  for (const count of ['auto', 3] as const) {
    const begun = performance.now();
    const found = await diarise(samples, detector, { count, model }, compute);
    const took = (performance.now() - begun) / 1000;
    const { rate, missed, falseAlarm, confusion, spoken } = diarisationError(
      turns,
      found.map(({ start, end, speaker }) => ({
        start: start / sampleRate,
        end: end / sampleRate,
        speaker: String(speaker),
      })),
    );
    const percent = (part: number): string => `${((100 * part) / spoken).toFixed(1)} %`;
    const people = new Set(found.map(({ speaker }) => speaker)).size;
    process.stdout.write(
      `${name}, ${(samples.length / sampleRate).toFixed(0)} s, --speakers ${count}: ${people} found, ` +
        `DER ${(100 * rate).toFixed(1)} % (missed ${percent(missed)}, false alarm ${percent(falseAlarm)}, ` +
        `confusion ${percent(confusion)}; collar .25 s), ${took.toFixed(1)} s\n`,
    );
  }
}
await detector.dispose();
