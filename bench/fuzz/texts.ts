// Text files that people bring: manifests of corpora, lexica, references, texts, recipes, suites, vectors of words.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { audioConfig, type LayoutName } from '../../src/audio/config.js';
import { findRecordings } from '../../src/audio/layouts.js';
import type { Rng } from '../../src/core/rng.js';
import { readDecodingLexicon } from '../../src/decode/lexicon.js';
import { makePlan } from '../../src/recipe/plan.js';
import { loadSuite } from '../../src/regress/suite.js';
import { readTranscripts } from '../../src/transcripts/references.js';
import { readLexicon } from '../../src/text/lexicon.js';
import { textConfig } from '../../src/text/config.js';
import { textLines } from '../../src/text/sources.js';
import { readEmbeddings } from '../../src/translation/embeddings.js';
import { drain, type Target } from './target.js';

const nothing = async (): Promise<void> => undefined;
const times = (n: number, line: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => line(i)).join('\n');

/** Files of a small corpus of each layout; sound is not opened here. */
const corpora: Partial<Record<LayoutName, Readonly<Record<string, string>>>> = {
  metadata: {
    'metadata.csv': `file_name,transcription,speaker_id\n${times(6, (i) => `a/u${i}.wav,"hello, ${i}",s${i % 2}`)}`,
  },
  tsv: { 'metadata.csv': `id\tpath\tspeaker\n${times(6, (i) => `u${i}\ta/u${i}.wav\ts${i % 2}`)}` },
  ljspeech: { 'metadata.csv': times(6, (i) => `LJ001-000${i}|Text ${i}|text ${i}`) },
  commonvoice: {
    'train.tsv':
      'client_id\tpath\tsentence\tup_votes\n' + times(6, (i) => `c${i % 2}\tcommon_voice_${i}.mp3\tUn texto ${i}\t2`),
    'test.tsv': `client_id\tpath\tsentence\tup_votes\n${times(2, (i) => `c9\tcommon_voice_9${i}.mp3\tOtro ${i}\t2`)}`,
  },
  kaldi: {
    'wav.scp': times(5, (i) => `rec${i} sound/rec${i}.wav`),
    segments: times(8, (i) => `utt${i} rec${i % 5} ${i}.5 ${i + 2}.25`),
    utt2spk: times(8, (i) => `utt${i} spk${i % 3}`),
    text: times(8, (i) => `utt${i} a text ${i}`),
    reco2file_and_channel: times(5, (i) => `rec${i} rec${i} A`),
  },
  lhotse: {
    'x_recordings_train.jsonl': times(4, (i) =>
      JSON.stringify({
        id: `r${i}`,
        sources: [{ type: 'file', channels: [0], source: `r${i}.wav` }],
        sampling_rate: 16000,
        num_samples: 32000,
        duration: 2,
      }),
    ),
    'x_supervisions_train.jsonl': times(6, (i) =>
      JSON.stringify({
        id: `s${i}`,
        recording_id: `r${i % 4}`,
        start: 0.5,
        duration: 1,
        channel: 0,
        text: 'a b',
        speaker: 'x',
      }),
    ),
  },
};
const sounds = [
  'a/u0.wav',
  'u0.wav',
  'u1.wav',
  'wavs/LJ001-0001.wav',
  'clips/common_voice_1.mp3',
  'sound/rec1.wav',
  'r1.wav',
];

const manifests: Target = {
  name: 'manifests',
  share: 14,
  async prepare(folder, rng, damage) {
    const layouts = Object.keys(corpora) as LayoutName[];
    const layout = layouts[rng.integer(layouts.length)]!;
    const files = Object.entries(corpora[layout]!);
    const bad = rng.integer(files.length);
    for (const name of sounds) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), '');
    }
    for (const [i, [name, text]] of files.entries()) {
      const bytes = i === bad ? damage.text(text, rng) : Buffer.from(text);
      if (layout === 'lhotse' && rng.uniform() < 0.3) await writeFile(join(folder, `${name}.gz`), gzipSync(bytes));
      else await writeFile(join(folder, name), bytes);
    }
    return () => drain(findRecordings(audioConfig.parse({ layout, dir: '.' }), folder));
  },
};

const references: Readonly<Record<string, string>> = {
  'ref.txt': times(8, (i) => `utt-${i} the words of ${i}`),
  'ref.csv': times(8, (i) => `utt-${i}|the words, "of ${i}"`),
  'ref.trn': times(8, (i) => `the words of ${i} (spk_utt-${i})`),
  'ref.ctm': times(8, (i) => `utt-${i >> 1} 1 ${i}.00 0.25 word${i} 0.9`),
  'ref.jsonl': times(8, (i) =>
    JSON.stringify({ id: `utt-${i}`, text: `the words of ${i}`, phones: [{ phone: 'a', start: 0, end: 1 }] }),
  ),
  'ref.stm': times(8, (i) => `rec${i} 1 spk ${i}.0 ${i + 1}.5 <o,f0> the words of ${i}`),
  'ref.TextGrid':
    'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 2\ntiers? <exists>\nsize ' +
    '= 1\nitem []:\n    item [1]:\n        class = "IntervalTier"\n        name = "words"\n        ' +
    'xmin = 0\n        xmax = 2\n        intervals: size = 2\n        intervals [1]:\n            xmin ' +
    '= 0\n            xmax = 1\n            text = "uno"\n        intervals [2]:\n            xmin = ' +
    '1\n            xmax = 2\n            text = "dos"\n',
  'ref.srt': times(4, (i) => `${i + 1}\n00:00:0${i},000 --> 00:00:0${i + 1},500\nwords of ${i}\n`),
  'ref.vtt': `WEBVTT\n\n${times(4, (i) => `00:0${i}.000 --> 00:0${i + 1}.500\nwords of ${i}\n`)}`,
};

const oneOf = <T>(rng: Rng, table: Readonly<Record<string, T>>): [string, T] =>
  Object.entries(table)[rng.integer(Object.keys(table).length)]!;

const transcripts: Target = {
  name: 'references',
  share: 12,
  async prepare(folder, rng, damage) {
    const [name, text] = oneOf(rng, references);
    await writeFile(join(folder, name), damage.text(text, rng));
    return () => drain(readTranscripts(join(folder, name)));
  },
};

const lexica: Target = {
  name: 'lexica',
  share: 8,
  async prepare(folder, rng, damage) {
    const text = times(20, (i) => `word${i}\t${['a', 'b', 'k'][i % 3]} e ${['t', 's'][i % 2]}`);
    const path = join(folder, 'lexicon.tsv');
    await writeFile(path, damage.text(text, rng));
    const columns = new Map(['a', 'b', 'k', 'e', 't', 's'].map((phone, i) => [phone, i]));
    return rng.uniform() < 0.5
      ? async () => void (await readLexicon(path))
      : async () => void (await readDecodingLexicon(path, columns, nothing));
  },
};

const texts: Target = {
  name: 'texts',
  share: 4,
  async prepare(folder, rng, damage) {
    const path = join(folder, 'text.txt');
    await writeFile(
      path,
      damage.text(
        times(30, (i) => `Una frase con ${i} palabras, ¿no? --- "sí"`),
        rng,
      ),
    );
    const config = textConfig.parse({ maxSentences: rng.integer(2) * 10, language: 'es' });
    return () => drain(textLines(path, config, rng));
  },
};

const recipe = `name: x
data: .
seed: 3
executor: { jobs: 2, shardItems: 4 }
audio: { layout: folder, dir: sound, testShare: 0.2, speakers: folder }
vad: { method: energy, maxSeconds: 20, energy: { belowPeak: 9 } }
features: { kind: mfcc, deltas: 2, windowSeconds: 0.025 }
text: { language: es, unit: words, file: text.txt }
segments:
  method: dp
  minFrames: 2
clusters: { count: 24 }
learn:
  method: matching
  seeds: 2
  matching: { steps: 10, restarts: 1 }
decode: { method: beam, nbest: 2, tune: { enabled: false, lmWeight: [1, 2] } }
score: { unit: phones }
`;

const recipes: Target = {
  name: 'recipes',
  share: 10,
  async prepare(folder, rng, damage) {
    const path = join(folder, 'recipe.yaml');
    await writeFile(path, damage.text(recipe, rng));
    return async () => void (await makePlan({ recipe: path, data: folder, run: join(folder, 'run') }));
  },
};

const suite = `name: nightly
minutes: 60
confidence: 0.95
recipes:
  - recipe: demo-es
    minutes: 20
    seeds: [1, 2, 3]
    set: { learn.seeds: 1 }
  - recipe: ./other.yaml
    name: other
    minutes: 10
    seeds: [4]
`;

const suites: Target = {
  name: 'suites',
  share: 2,
  async prepare(folder, rng, damage) {
    const path = join(folder, 'suite.yaml');
    await writeFile(path, damage.text(suite, rng));
    return async () => void (await loadSuite(path));
  },
};

const vectors: Target = {
  name: 'word vectors',
  share: 2,
  async prepare(folder, rng, damage) {
    const path = join(folder, 'words.vec');
    const row = (i: number): string =>
      `word${i} ${Array.from({ length: 5 }, (_, d) => Math.sin(i + d).toFixed(4)).join(' ')}`;
    await writeFile(path, damage.text(`12 5\n${times(12, row)}\n`, rng));
    return async () => void (await readEmbeddings(path, 100, nothing));
  },
};

export const textTargets: readonly Target[] = [manifests, transcripts, lexica, texts, recipes, suites, vectors];
