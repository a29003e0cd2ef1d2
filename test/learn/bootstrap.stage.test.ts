// The bootstrap from text and recordings to a model, at its smallest: two synthetic voices, a network of eight
// channels, one round; the "recordings" are a third voice. What it learned from must show in what it writes.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import wavefile from 'wavefile';
import { beforeAll, describe, expect, it } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll } from 'vitest';
import { silentLog, type Log } from '../../src/core/log.js';
import { runStage } from '../../src/core/stage-run.js';
import type { StageDefinition } from '../../src/core/stage.js';
import { createEspeak } from '../../src/espeak/espeak.js';
import { loadEmission } from '../../src/learn/emission.js';
import { stages } from '../../src/stages.js';
import { folderDigest } from '../folder-digest.js';

const compute = { engine: 'cpu' as const, threads: 1 };
const lines = [
  'el perro come pan',
  'la casa es grande',
  'mi madre canta bien',
  'hoy hace mucho sol',
  'el gato duerme aquí',
  'vamos a la playa',
  'ella lee un libro',
  'quiero agua fría',
];
const settings: Record<string, object> = {
  audio: { layout: 'tsv', dir: '.', table: 'audio.tsv' },
  text: { file: 'text.txt', language: 'es', minPhoneShare: 0 },
  features: { kind: 'logmel', normalise: 'none' },
  clusters: { count: 8 },
  learn: {
    method: 'bootstrap',
    bootstrap: {
      speech: { hours: 0.01, voices: 2, stock: 0 },
      network: { channels: 8, layers: 2, kernel: 3 },
      train: { epochs: 2, crop: 64, batch: 4 },
      adapt: { rounds: 1, epochs: 1, components: 2, matching: { steps: 3, hidden: 8, lags: 2 } },
    },
  },
};

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'asr-bootstrap-'));
  const espeak = await createEspeak();
  const table = ['id\tpath\tspeaker\tsplit'];
  for (const [i, line] of lines.slice(0, 5).entries()) {
    const { samples, sampleRate } = espeak.synthesise(line, { name: 'es+m3' });
    const wav = new wavefile.WaveFile();
    wav.fromScratch(
      1,
      sampleRate,
      '16',
      Int16Array.from(samples, (value) => Math.round(value * 32767)),
    );
    await writeFile(join(root, `r${i}.wav`), wav.toBuffer());
    table.push(`r${i}\tr${i}.wav\tm3\t${i === 4 ? 'test' : 'train'}`);
  }
  await writeFile(join(root, 'audio.tsv'), `${table.join('\n')}\n`);
  await writeFile(join(root, 'text.txt'), `${lines.slice(3).join('\n')}\n`);
  await mkdir(join(root, 'run'));
  for (const name of ['audio', 'vad', 'features', 'text', 'segments', 'clusters']) await stage(name);
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

async function stage(
  name: string,
  out = name,
  options: { log?: Log; signal?: AbortSignal; change?: object; features?: string } = {},
): Promise<string> {
  const entry = stages.find((one) => one.name === name)!;
  const definition: StageDefinition = await entry.load();
  const folder = join(root, 'run', out);
  const inputs = Object.fromEntries(
    definition.reads.map((input) => [
      input,
      input === 'features' && options.features ? options.features : join(root, 'run', input),
    ]),
  );
  await runStage(definition, {
    inputs,
    out: folder,
    config: definition.config.parse({ ...settings[name], ...options.change }),
    data: root,
    seed: 1,
    log: options.log ?? silentLog,
    compute,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  return folder;
}

describe('learning from synthetic speech', () => {
  it('leaves a run for each round, marked as of synthetic speech, and a model that transcribes frames', async () => {
    const learned = await stage('learn');
    const runs = (await readFile(join(learned, 'runs.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(runs.map(({ name, synthetic }) => [name, synthetic])).toEqual([
      ['bootstrap-1-0', true],
      ['bootstrap-1-1', true],
    ]);
    const alone = runs.map(({ soundPerplexity }) => Number(soundPerplexity));
    expect(Math.min(...alone)).toBeGreaterThan(1);
    expect(runs.find(({ chosen }) => chosen)).toBe(runs[alone.indexOf(Math.min(...alone))]);
    const model = await loadEmission(learned, compute);
    expect(model.needsFrames).toBe(true);
    const frames = { data: Float32Array.from({ length: 51 * 40 }, (_, i) => Math.sin(i)), rows: 51, dim: 40 };
    const { states, ends, rows, logProbs } = await model.emit({
      pooled: new Float32Array(0),
      segments: 0,
      columns: 0,
      units: [],
      ends: [],
      frames,
    });
    expect([states!.frames, states!.columns, states!.chain]).toEqual([26, model.phones.length, 2]);
    expect(states!.logDensities).toHaveLength(26 * model.phones.length * 2);
    expect([states!.ends!.at(-1), ends.at(-1), logProbs.length]).toEqual([51, 51, rows * model.phones.length]);
    await expect(
      model.emit({
        pooled: new Float32Array(0),
        segments: 0,
        columns: 0,
        units: [],
        ends: [],
        frames: { ...frames, dim: 39 },
      }),
    ).rejects.toThrow(/40 bands/);
    await model.dispose();
  });

  it('ends with the same bytes after an interruption in the middle', async () => {
    const controller = new AbortController();
    const log = {
      ...silentLog,
      child: () => log,
      info: (message: string) => {
        if (message.startsWith('synthetic speech, epoch 1')) controller.abort();
      },
    };
    await expect(stage('learn', 'again', { log, signal: controller.signal })).rejects.toThrow();
    expect(await folderDigest(await stage('learn', 'again'))).toEqual(await folderDigest(join(root, 'run/learn')));
  });

  it('decodes, bundles and says on the card what it learned from', async () => {
    for (const name of ['decode', 'selftrain', 'score', 'bundle']) await stage(name);
    const hypotheses = (await readFile(join(root, 'run/decode/hyp.txt'), 'utf8')).trim().split('\n');
    expect(hypotheses).toHaveLength(5);
    expect(await readFile(join(root, 'run/bundle/README.md'), 'utf8')).toMatch(/synthetic speech/);
    const { loadModel } = await import('../../src/transcribe/model.js');
    const model = await loadModel(join(root, 'run/bundle'), compute);
    const found = [];
    for await (const utterance of model.recognise(
      (async function* () {
        yield Float32Array.from({ length: 16_000 }, (_, n) => 0.3 * Math.sin(n / 7) * Math.sin(n / 900));
      })(),
    ))
      found.push(utterance);
    await model.dispose();
    expect(found.length).toBeGreaterThan(0);
  });

  it('learns on normalised frames of any other extractor too, at their own rate', async () => {
    const { normalise, deltas } = { normalise: 'speaker', deltas: 0 };
    const slow = { kind: 'mfcc', normalise, deltas, hopSeconds: 0.02 };
    const folder = await stage('features', 'slow-features', { change: slow });
    const learned = await stage('learn', 'slow', { features: folder });
    const model = await loadEmission(learned, compute);
    const frames = { data: Float32Array.from({ length: 51 * 13 }, (_, i) => Math.sin(i)), rows: 51, dim: 13 };
    const none = { pooled: new Float32Array(0), segments: 0, columns: 0, units: [], ends: [] };
    const { states, ends } = await model.emit({ ...none, frames });
    expect([states!.frames, ends.at(-1)]).toEqual([51, 51]); // a row for every frame of 20 ms
    expect(model.phonesPerSecond).toBeGreaterThan(0);
    const length = JSON.parse(await readFile(join(learned, 'runs/bootstrap-1-1/length.json'), 'utf8')) as Record<
      string,
      number
    >;
    expect(length['expected']).toBe(model.phonesPerSecond);
    expect(length['text']).toBeGreaterThan(0);
    expect(length['source']).toBeGreaterThan(0);
    await model.dispose();
    // Gaussians have no say on such frames by default: none are trained.
    const record = JSON.parse(await readFile(join(learned, 'emission.json'), 'utf8')) as Record<string, unknown>;
    expect([record['components'], record['mixtureScale']]).toEqual([0, 0]);
  });

  it('says what is missing where frames or phones are of another kind', async () => {
    const info = join(root, 'run/features/features.json');
    const written = await readFile(info, 'utf8');
    await writeFile(info, written.replace('"kind": "logmel"', '"kind": "precomputed"'));
    await expect(stage('learn', 'wrong')).rejects.toThrow(
      /made of synthetic speech too, found features.kind=precomputed/,
    );
    await writeFile(info, written);
  });
});
