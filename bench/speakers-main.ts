// node dist/bench/speakers-main.js MBOSHI KERSTIN [SPEAKER_MODEL]: diarisation error rates on mixtures of two corpora,
// of one to four people, 90 and 300 s long, with the number of people known and not. Nothing of a mixture is kept.
// The settings of src/speakers were chosen on mixtures of other seeds.
import { createDetector } from '../src/vad/detector.js';
import { vadConfig } from '../src/vad/config.js';
import { computeSchema } from '../src/core/stage.js';
import { sampleRate } from '../src/core/time.js';
import { diarise } from '../src/speakers/diarise.js';
import { diarisationError } from './diarisation-error.js';
import { kerstinSentences, makeMixture, mboshiSentences, type Sentence } from './speakers.js';

const [mboshi, kerstin, model] = process.argv.slice(2);
if (mboshi === undefined || kerstin === undefined) throw new Error('give the folders of Mboshi and of Kerstin');
const compute = computeSchema.parse({});
const detector = await createDetector(vadConfig.parse({ method: 'silero' }), compute, '.');
const three = await mboshiSentences(mboshi);
const four = [...three, ...(await kerstinSentences(kerstin))];
const of = (...names: string[]): Sentence[] => four.filter(({ speaker }) => names.includes(speaker));
const groups: Record<string, { sentences: Sentence[]; seed: string }> = {
  'three speakers of Mboshi': { sentences: three, seed: 'bench 1' },
  'two of Mboshi and Kerstin': { sentences: of('abiayi', 'kouarata', 'kerstin'), seed: 'bench 2' },
  'one of Mboshi': { sentences: of('abiayi'), seed: 'bench 3' },
  'another of Mboshi': { sentences: of('kouarata'), seed: 'bench 4' },
  Kerstin: { sentences: of('kerstin'), seed: 'bench 5' },
  'two of Mboshi': { sentences: of('kouarata', 'martial'), seed: 'bench 6' },
  'one of Mboshi and Kerstin': { sentences: of('martial', 'kerstin'), seed: 'bench 7' },
  'all four': { sentences: four, seed: 'bench 8' },
};
for (const [name, { sentences, seed }] of Object.entries(groups)) {
  for (const seconds of [300, 90]) {
    const { samples, turns } = await makeMixture(sentences, seconds, seed);
    const speech = await detector.detect(samples);
    const persons = new Set(turns.map(({ speaker }) => speaker)).size;
    for (const count of ['auto', persons] as const) {
      const begun = performance.now();
      const found = await diarise(samples, speech, { count, model }, compute);
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
}
await detector.dispose();
