// Tiny corpora in the exact layouts that are published, made from seeded tones: nothing of them is copied. Each holds
// `perSpeaker` utterances of each speaker, and sentences drawn from a small vocabulary.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Rng } from '../../src/core/rng.js';
import { wavBytes } from './signals.js';

export interface Spoken {
  readonly speaker: string;
  readonly number: number;
  readonly text: string;
  readonly samples: Float64Array;
}

const words = 'casa luna mesa perro verde sale come grande una la el mira toma pone lado sopa gato pide nube sol'.split(
  ' ',
);

/** Utterances: a chirp for each letter, so that the vad, the segments and the clusters find something. */
export function spokenSentences(speakers: readonly string[], perSpeaker: number, seed = 1): Spoken[] {
  return speakers.flatMap((speaker, s) =>
    Array.from({ length: perSpeaker }, (_, number) => {
      const rng = Rng.fromSeed(seed).fork(speaker).fork(number);
      const text = Array.from({ length: 3 + rng.integer(3) }, () => words[rng.integer(words.length)]!).join(' ');
      return { speaker, number, text, samples: chirps(text, s, rng) };
    }),
  );
}

function chirps(text: string, speaker: number, rng: Rng): Float64Array {
  const sounds = [...text].flatMap((letter) => {
    const length = 900 + rng.integer(500);
    const [low, high] = [
      ((letter.charCodeAt(0) * 37) % 700) + 150 + 20 * speaker,
      ((letter.charCodeAt(0) * 91) % 2500) + 900,
    ];
    return Array.from(
      { length },
      (_, i) =>
        (letter === ' '
          ? 0
          : 0.2 * Math.sin((2 * Math.PI * low * i) / 16_000) + 0.15 * Math.sin((2 * Math.PI * high * i) / 16_000)) +
        0.003 * rng.normal(),
    );
  });
  return Float64Array.from(sounds);
}

const wav = (samples: Float64Array): Buffer => wavBytes([samples], 16_000, 's16');

/** SPHERE by its description: 1024 bytes of header, then the samples. */
export function sphereBytes(samples: Float64Array, coding = 'pcm', byteFormat: '01' | '10' = '01'): Buffer {
  const header =
    `NIST_1A\n   1024\ndatabase_id -s5 TIMIT\nchannel_count -i 1\nsample_count -i ${samples.length}` +
    `\nsample_rate -i 16000\nsample_n_bytes -i 2\nsample_byte_format -s2 ${byteFormat}` +
    `\nsample_sig_bits -i 16\nsample_coding -s${coding.length} ${coding}\nend_head\n`;
  const bytes = Buffer.alloc(1024 + 2 * samples.length, ' ');
  bytes.write(header, 0, 'latin1');
  samples.forEach((value, i) => {
    bytes[byteFormat === '01' ? 'writeInt16LE' : 'writeInt16BE'](Math.round(value * 32767), 1024 + 2 * i);
  });
  return bytes;
}

type Put = (path: string, bytes: string | Uint8Array) => Promise<void>;

export const layouts = {
  async librispeech(put: Put, perSpeaker: number) {
    for (const [part, speakers] of [
      ['train-clean-5', ['19', '26']],
      ['dev-clean-2', ['84']],
    ] as const) {
      for (const speaker of speakers) {
        const spoken = spokenSentences([speaker], perSpeaker);
        const folder = `LibriSpeech/${part}/${speaker}/121`;
        const id = (number: number): string => `${speaker}-121-${String(number).padStart(4, '0')}`;
        for (const { number, samples } of spoken) await put(`${folder}/${id(number)}.wav`, wav(samples));
        await put(
          `${folder}/${speaker}-121.trans.txt`,
          spoken.map(({ number, text }) => `${id(number)} ${text.toUpperCase()}\n`).join(''),
        );
      }
    }
  },
  async mls(put: Put, perSpeaker: number) {
    for (const [part, speakers] of [
      ['train', ['30', '31']],
      ['test', ['32']],
    ] as const) {
      const lines: string[] = [];
      for (const { speaker, number, text, samples } of spokenSentences(speakers, perSpeaker)) {
        const id = `${speaker}_7_${String(number).padStart(6, '0')}`;
        await put(`mls/${part}/audio/${speaker}/7/${id}.wav`, wav(samples));
        lines.push(`${id}\t${text}\n`);
      }
      await put(`mls/${part}/transcripts.txt`, lines.join(''));
      await put(
        `mls/${part}/segments.txt`,
        lines.map((line) => `${line.split('\t')[0]}\thttp://example.org/book.mp3\t1.00\t2.00\n`).join(''),
      );
    }
  },
  async timit(put: Put, perSpeaker: number) {
    const phones = ['iy', 'ao', 'ux', 'bcl', 'b', 'hv', 'axr', 'q', 'n', 'pau', 's'];
    for (const [part, speaker] of [
      ['TRAIN', 'FCJF0'],
      ['TRAIN', 'MDAC0'],
      ['TEST', 'FELC0'],
      ['TEST', 'FAKS0'],
    ] as const) {
      for (const { number, text, samples } of spokenSentences([speaker], perSpeaker + 1)) {
        const rng = Rng.fromSeed(5).fork(`${speaker}${number}`);
        const name = `TIMIT/${part}/DR1/${speaker}/${number === 0 ? 'SA1' : `SX${number}`}`;
        await put(`${name}.WAV`, sphereBytes(samples));
        await put(`${name}.TXT`, `0 ${samples.length} ${text}.\n`);
        await put(
          `${name}.WRD`,
          text
            .split(' ')
            .map((word, i) => `${i * 1000} ${i * 1000 + 1000} ${word}\n`)
            .join(''),
        );
        const said = ['h#', ...Array.from({ length: 12 }, () => phones[rng.integer(phones.length)]!), 'h#'];
        await put(`${name}.PHN`, said.map((phone, i) => `${i * 1000} ${i * 1000 + 1000} ${phone}\n`).join(''));
      }
    }
  },
  async commonvoice(put: Put, perSpeaker: number) {
    const header = 'client_id\tpath\tsentence_id\tsentence\tup_votes\tdown_votes\tage\tgender\tlocale\n';
    for (const [table, speaker] of [
      ['train', 'a'],
      ['dev', 'b'],
      ['test', 'c'],
    ] as const) {
      const rows: string[] = [];
      for (const { number, text, samples } of spokenSentences([speaker], perSpeaker)) {
        const file = `common_voice_es_${table}${number}.wav`;
        await put(`cv/es/clips/${file}`, wav(samples));
        rows.push(`${speaker.repeat(128)}\t${file}\t${number}\t${text}.\t2\t0\t\t\tes\n`);
      }
      await put(`cv/es/${table}.tsv`, header + rows.join(''));
    }
  },
  async ljspeech(put: Put, perSpeaker: number) {
    const rows: string[] = [];
    for (const { number, text, samples } of spokenSentences(['lj'], 2 * perSpeaker)) {
      const id = `LJ001-${String(number).padStart(4, '0')}`;
      await put(`LJSpeech-1.1/wavs/${id}.wav`, wav(samples));
      rows.push(`${id}|${text}, 2.|${text}\n`);
    }
    await put('LJSpeech-1.1/metadata.csv', rows.join(''));
  },
  async voxforge(put: Put, perSpeaker: number) {
    for (const folder of ['anna-20100101-abc', 'ben-20100102-def', 'anonymous-20100103-ghi']) {
      const spoken = spokenSentences([folder], perSpeaker);
      const name = (number: number): string => `a${String(number).padStart(4, '0')}`;
      for (const { number, samples } of spoken) await put(`vox/${folder}/wav/${name(number)}.wav`, wav(samples));
      const original = folder.startsWith('ben');
      await put(
        `vox/${folder}/etc/${original ? 'prompts-original' : 'PROMPTS'}`,
        spoken
          .map(({ number, text }) =>
            original ? `${name(number)} ${text}\n` : `${folder}/mfc/${name(number)} ${text.toUpperCase()}\n`,
          )
          .join(''),
      );
    }
  },
  /** Recordings with several utterances each, paths from the folder above `data`. */
  async kaldi(put: Put, perSpeaker: number) {
    for (const [part, speakers] of [
      ['train', ['s1', 's2']],
      ['test', ['s3']],
    ] as const) {
      const files: Record<string, string[]> = { 'wav.scp': [], segments: [], text: [], utt2spk: [] };
      for (const speaker of speakers) {
        const { sound, times, spoken } = oneRecording(speaker, perSpeaker);
        await put(`egs/wav/${speaker}.wav`, wav(sound));
        files['wav.scp']!.push(`${speaker}-rec wav/${speaker}.wav\n`);
        for (const [i, { text }] of spoken.entries()) {
          const id = `${speaker}-${String(i).padStart(3, '0')}`;
          files['segments']!.push(`${id} ${speaker}-rec ${times[i]!.join(' ')}\n`);
          files['text']!.push(`${id} ${text}\n`);
          files['utt2spk']!.push(`${id} ${speaker}\n`);
        }
      }
      for (const [name, lines] of Object.entries(files)) await put(`egs/data/${part}/${name}`, lines.join(''));
    }
  },
  async lhotse(put: Put, perSpeaker: number) {
    for (const [part, speaker] of [
      ['train', 's1'],
      ['dev', 's2'],
    ] as const) {
      const { sound, times, spoken } = oneRecording(speaker, perSpeaker);
      await put(`lhotse/wav/${speaker}.wav`, wav(sound));
      const recording = {
        id: `${speaker}-rec`,
        sources: [{ type: 'file', channels: [0], source: `wav/${speaker}.wav` }],
        sampling_rate: 16000,
        num_samples: sound.length,
        duration: sound.length / 16_000,
        channel_ids: [0],
      };
      const supervisions = spoken.map(({ text }, i) => ({
        id: `${speaker}-${i}`,
        recording_id: recording.id,
        start: times[i]![0],
        duration: Math.round((times[i]![1] - times[i]![0]) * 1e6) / 1e6,
        channel: 0,
        text,
        speaker,
      }));
      await put(`lhotse/mini_recordings_${part}.jsonl.gz`, gzipSync(`${JSON.stringify(recording)}\n`));
      await put(
        `lhotse/mini_supervisions_${part}.jsonl.gz`,
        gzipSync(supervisions.map((record) => `${JSON.stringify(record)}\n`).join('')),
      );
    }
  },
  async mboshi(put: Put, perSpeaker: number) {
    const rows = ['utt_id\tspeaker\tseconds\ttranscript\tphones_limsi\talign_limsi\n'];
    for (const { speaker, number, text, samples } of spokenSentences(['abiayi', 'kouarata'], perSpeaker)) {
      const id = `${speaker}_2015-09-08_${number}`;
      await put(`mboshi/audio/${id}.wav`, wav(samples));
      rows.push(
        `${id}\t${speaker}\t${samples.length / 16_000}\t${text}\t${[...text.replaceAll(' ', '')].join(' ')}\t\n`,
      );
    }
    await put('mboshi/utterances.tsv', rows.join(''));
  },
  /** As kerstin: `id|text` and audio/. */
  async kerstin(put: Put, perSpeaker: number) {
    const spoken = spokenSentences(['kerstin'], perSpeaker);
    for (const { number, samples } of spoken) await put(`kerstin/audio/k${number}.wav`, wav(samples));
    await put('kerstin/metadata.csv', spoken.map(({ number, text }) => `k${number}|${text}\n`).join(''));
  },
} as const;

/** All utterances of a speaker in one file, with a pause between them; times in seconds. */
function oneRecording(
  speaker: string,
  perSpeaker: number,
): { sound: Float64Array; times: [number, number][]; spoken: Spoken[] } {
  const spoken = spokenSentences([speaker], perSpeaker);
  const pieces: number[] = [];
  const times = spoken.map(({ samples }): [number, number] => {
    const start = pieces.length;
    for (const value of samples) pieces.push(value);
    const end = pieces.length;
    pieces.push(...new Array<number>(1600).fill(0));
    return [start / 16_000, end / 16_000];
  });
  return { sound: Float64Array.from(pieces), times, spoken };
}

/** Writes one corpus below `folder`. */
export async function makeCorpus(folder: string, layout: keyof typeof layouts, perSpeaker = 3): Promise<void> {
  await layouts[layout](async (path, bytes) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }, perSpeaker);
}
