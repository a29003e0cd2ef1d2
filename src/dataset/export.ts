// A run in, a data set of what it heard out, in the forms that others read: AudioFolder, Hugging Face datasets
// (parquet), a Kaldi folder, lhotse manifests, and the units with their centroids. One clip of sound an utterance.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { safeId } from '../audio/ids.js';
import { readUnits } from '../clusters/folder.js';
import { AsrError } from '../core/errors.js';
import { wavFile } from '../core/wav-header.js';
import { TextWriter } from '../core/text-writer.js';
import { sampleRate } from '../core/time.js';
import { readFeaturesInfo } from '../features/folder.js';
import { clipsOf, provenance, secondsOf, transcriptOf, type Clip, type Timed } from './clips.js';
import { ParquetClips } from './parquet.js';

export interface Exported {
  readonly utterances: number;
  readonly seconds: number;
  /** Of units, where the run has some. */
  readonly units: number;
}

/** @throws AsrError 'usage' where the folder is not empty, 'input' where the run has recognised nothing */
export async function exportDataset(run: string, folder: string): Promise<Exported> {
  if (existsSync(folder) && (await readdir(folder)).length > 0)
    throw new AsrError('usage', `${folder}: it is not empty`, 'Name a new folder.');
  const about = await provenance(run, 'decode');
  const splits = new Map<string, Split>();
  let [utterances, seconds] = [0, 0];
  for await (const clip of clipsOf(run)) {
    let split = splits.get(clip.split);
    if (!split) splits.set(clip.split, (split = await Split.create(folder, clip.split, about)));
    await split.add(clip);
    utterances++;
    seconds += secondsOf(clip);
  }
  for (const split of splits.values()) await split.close();
  const units = await exportUnits(run, join(folder, 'units'));
  await writeFile(join(folder, 'README.md'), readme(about, utterances, seconds, units));
  return { utterances, seconds, units };
}

const cell = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const bare = (text: string): string => text.replace(/\s+/gu, '_');
const rounded = (seconds: number): number => Math.round(seconds * 1e6) / 1e6;

/** The files of one split, open while clips come. */
class Split {
  readonly #sound: string;
  readonly #relative: string;
  readonly #parquet: ParquetClips;
  readonly #files: ReadonlyMap<string, TextWriter>;
  readonly #speakers = new Map<string, string[]>();
  readonly #kaldi: string;
  readonly #names = new Set<string>();

  private constructor(folder: string, split: string, files: ReadonlyMap<string, TextWriter>, about: object) {
    this.#sound = join(folder, 'audiofolder', split);
    this.#relative = `audiofolder/${split}`;
    this.#kaldi = join(folder, 'kaldi', split);
    this.#files = files;
    this.#parquet = new ParquetClips(join(folder, 'huggingface', 'data', `${split}-00000-of-00001.parquet`), about);
  }

  static async create(folder: string, split: string, about: object): Promise<Split> {
    const paths = {
      table: ['audiofolder', split, 'metadata.csv'],
      scp: ['kaldi', split, 'wav.scp'],
      text: ['kaldi', split, 'text'],
      utt2spk: ['kaldi', split, 'utt2spk'],
      ctm: ['kaldi', split, 'phones.ctm'],
      recordings: ['lhotse', `asr_recordings_${split}.jsonl`],
      supervisions: ['lhotse', `asr_supervisions_${split}.jsonl`],
    };
    for (const below of [['audiofolder', split], ['kaldi', split], ['lhotse'], ['huggingface', 'data']])
      await mkdir(join(folder, ...below), { recursive: true });
    const files = new Map<string, TextWriter>();
    for (const [name, path] of Object.entries(paths)) files.set(name, await TextWriter.create(join(folder, ...path)));
    await files.get('table')?.write('file_name,transcription,speaker,source,offset\n');
    return new Split(folder, split, files, about);
  }

  async add(clip: Clip): Promise<void> {
    const { id, speaker, source, offset, samples } = clip;
    const name = this.#nameOf(id);
    const text = transcriptOf(clip);
    const key = bare(id);
    await writeFile(join(this.#sound, name), wavFile(samples, sampleRate));
    const path = `${this.#relative}/${name}`;
    await this.#write('table', `${[name, text, speaker, source, offset.toFixed(3)].map(cell).join(',')}\n`);
    await this.#write('scp', `${key} ${path}\n`);
    await this.#write('text', `${key} ${text}\n`);
    await this.#write('utt2spk', `${key} ${bare(speaker)}\n`);
    this.#speakers.set(bare(speaker), [...(this.#speakers.get(bare(speaker)) ?? []), key]);
    for (const { text: phone, start, end } of clip.phones)
      await this.#write('ctm', `${key} 1 ${start.toFixed(3)} ${(end - start).toFixed(3)} ${phone}\n`);
    await this.#write('recordings', `${JSON.stringify(recordingOf(clip, path))}\n`);
    await this.#write('supervisions', `${JSON.stringify(supervisionOf(clip, text))}\n`);
    await this.#parquet.add(clip);
  }

  /** Ids may hold what file names may not. */
  #nameOf(id: string): string {
    const base = safeId(id).replaceAll('/', '_');
    let name = `${base}.wav`;
    for (let n = 2; this.#names.has(name); n++) name = `${base}-${n}.wav`;
    this.#names.add(name);
    return name;
  }

  #write(file: string, text: string): Promise<void> {
    return this.#files.get(file)!.write(text);
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close();
    const lines = [...this.#speakers].map(([speaker, ids]) => `${speaker} ${ids.join(' ')}\n`);
    await writeFile(join(this.#kaldi, 'spk2utt'), lines.join(''));
    await this.#parquet.close();
  }
}

function recordingOf(clip: Clip, path: string): object {
  return {
    id: clip.id,
    sources: [{ type: 'file', channels: [0], source: path }],
    ...{ sampling_rate: sampleRate, num_samples: clip.samples.length, duration: secondsOf(clip), channel_ids: [0] },
  };
}

function supervisionOf(clip: Clip, text: string): object {
  const alignment = (all: readonly Timed[]): object[] =>
    all.map(({ text: symbol, start, end, confidence }) => ({
      ...{ symbol, start: rounded(start), duration: rounded(end - start) },
      ...(confidence === undefined ? {} : { score: confidence }),
    }));
  return {
    ...{ id: clip.id, recording_id: clip.id, start: 0, duration: secondsOf(clip), channel: 0, text },
    speaker: clip.speaker,
    custom: { source: clip.source, offset: clip.offset, recording: clip.recording },
    alignment: { phone: alignment(clip.phones), ...(clip.words ? { word: alignment(clip.words) } : {}) },
  };
}

/** `units.jsonl` begins with what they were made from. @returns how many utterances have units */
async function exportUnits(run: string, folder: string): Promise<number> {
  const clusters = join(run, 'clusters');
  const centroids = join(clusters, 'centroids.npy');
  if (!existsSync(centroids)) return 0;
  await mkdir(folder, { recursive: true });
  const { kind, dim, hop, window, about, config } = await readFeaturesInfo(join(run, 'features'));
  const header = {
    ...(await provenance(run, 'clusters')),
    features: { ...(await provenance(run, 'features')), kind, dim, hop, window, about, config, sampleRate },
    centroids: 'centroids.npy',
  };
  const units = await TextWriter.create(join(folder, 'units.jsonl'));
  await units.write(`${JSON.stringify(header)}\n`);
  let count = 0;
  for await (const one of readUnits(clusters)) {
    await units.write(`${JSON.stringify(one)}\n`);
    count++;
  }
  await units.close();
  await copyFile(centroids, join(folder, 'centroids.npy'));
  return count;
}

const unitsLine = '- `units`: the unit of each segment, and the centroids; its first line names the features\n';

const readme = (about: object, utterances: number, seconds: number, units: number): string => `# What a run heard

${utterances} utterances, ${(seconds / 60).toFixed(1)} minutes, recognised by asr; no person wrote these transcripts.
Paths in \`kaldi\` and \`lhotse\` start in this folder. Mind the rights of the people who were recorded.

- \`audiofolder\`: \`load_dataset("audiofolder", data_dir="audiofolder")\`
- \`huggingface\`: \`load_dataset("huggingface")\`, with the times of phones and words
- \`kaldi\`: \`wav.scp\`, \`text\`, \`utt2spk\`, \`spk2utt\`, \`phones.ctm\`
- \`lhotse\`: recordings and supervisions with alignments
${units === 0 ? '' : unitsLine}
Made by: \`${JSON.stringify(about)}\`
`;
