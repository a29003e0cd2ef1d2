// A corpus of five sentences by one voice, a text, and the stages up to `learn` on it: for tests of the bootstrap.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wavFile } from '../../src/core/wav-header.js';
import { silentLog, type Log } from '../../src/core/log.js';
import { runStage } from '../../src/core/stage-run.js';
import type { StageDefinition } from '../../src/core/stage.js';
import { createEspeak } from '../../src/espeak/espeak.js';
import { stages } from '../../src/stages.js';

export const compute = { engine: 'cpu' as const, threads: 1 };

export const lines = [
  'el perro come pan',
  'la casa es grande',
  'mi madre canta bien',
  'hoy hace mucho sol',
  'el gato duerme aquí',
  'vamos a la playa',
  'ella lee un libro',
  'quiero agua fría',
];

const bootstrap = {
  speech: { hours: 0.01, voices: 2, stock: 0 },
  network: { channels: 8, layers: 2, kernel: 3 },
  train: { epochs: 2, crop: 64, batch: 4 },
  adapt: { rounds: 1, epochs: 1, components: 2, matching: { steps: 3, hidden: 8, lags: 2 } },
};

const settings: Record<string, object> = {
  audio: { layout: 'tsv', dir: '.', table: 'audio.tsv' },
  text: { file: 'text.txt', language: 'es', minPhoneShare: 0 },
  features: { kind: 'logmel', normalise: 'none' },
  clusters: { count: 8 },
  learn: { method: 'bootstrap', bootstrap },
};

export interface StageOptions {
  readonly log?: Log;
  readonly signal?: AbortSignal;
  /** Laid over the settings. */
  readonly change?: object;
  /** The folder of features that is read. */
  readonly features?: string;
}

/** A wav of a sentence by eSpeak NG. */
export async function writeSpoken(path: string, sentence: string, voice: string): Promise<void> {
  const espeak = await createEspeak();
  const { samples, sampleRate } = espeak.synthesise(sentence, { name: voice });
  espeak.dispose();
  const pcm = Int16Array.from(samples, (value) => Math.round(value * 32767));
  await writeFile(path, wavFile(pcm, sampleRate));
}

export class SpokenCorpus {
  private constructor(readonly root: string) {}

  static async create(): Promise<SpokenCorpus> {
    const corpus = new SpokenCorpus(await mkdtemp(join(tmpdir(), 'asr-bootstrap-')));
    const { root } = corpus;
    const table = ['id\tpath\tspeaker\tsplit'];
    for (const [i, line] of lines.slice(0, 5).entries()) {
      await writeSpoken(join(root, `r${i}.wav`), line, 'es+m3');
      table.push(`r${i}\tr${i}.wav\tm3\t${i === 4 ? 'test' : 'train'}`);
    }
    await writeFile(join(root, 'audio.tsv'), `${table.join('\n')}\n`);
    await writeFile(join(root, 'text.txt'), `${lines.slice(3).join('\n')}\n`);
    await mkdir(join(root, 'run'));
    for (const name of ['audio', 'vad', 'features', 'text', 'segments', 'clusters']) await corpus.stage(name);
    return corpus;
  }

  /** Runs one stage into `run/<out>`. @returns that folder */
  async stage(name: string, out = name, options: StageOptions = {}): Promise<string> {
    const definition: StageDefinition = await stages.find((one) => one.name === name)!.load();
    const folder = join(this.root, 'run', out);
    const inputs = Object.fromEntries(
      definition.reads.map((input) => [
        input,
        input === 'features' && options.features ? options.features : join(this.root, 'run', input),
      ]),
    );
    await runStage(definition, {
      inputs,
      out: folder,
      config: definition.config.parse({ ...settings[name], ...options.change }),
      data: this.root,
      seed: 1,
      log: options.log ?? silentLog,
      compute,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    return folder;
  }

  /** The settings of `learn` with sources. */
  learnFrom(sources: readonly object[]): object {
    return { method: 'bootstrap', bootstrap: { ...bootstrap, sources } };
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }
}
