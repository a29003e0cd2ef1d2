// Stage bundle: copies the fitted parts of a run into one model folder with settings, checksums and a card.
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { clusterFiles } from '../clusters/clusters.js';
import { AsrError } from '../core/errors.js';
import { hashFile } from '../core/fingerprint.js';
import { readJson, readJsonl } from '../core/jsonl.js';
import { phoneSetSchema, sampleRate, utteranceSchema } from '../core/records.js';
import { defineStage, type StageIo } from '../core/stage.js';
import { readStageRecord } from '../core/stage-run.js';
import { programVersion } from '../core/version.js';
import { decoderFiles, decoderFolder, decoderSettings } from '../decode/decoder-files.js';
import { featuresInfoSchema } from '../features/stage.js';
import { emissionFiles } from '../learn/emission.js';
import { segmenterFiles } from '../segments/model.js';
import { vadConfig } from '../vad/config.js';
import { modelCard } from './card.js';
import { bundleConfig, type BundleConfig } from './config.js';
import { modelSchemaVersion, type ModelRecord } from './model-folder.js';

type InputName = 'features' | 'segments' | 'clusters' | 'learn' | 'decode' | 'text' | 'vad';

export const bundleStage = defineStage({
  name: 'bundle',
  version: 2,
  reads: ['features', 'segments', 'clusters', 'learn', 'decode', 'text', 'vad'],
  config: bundleConfig,
  async run(io) {
    const folders = io.inputs as Readonly<Record<InputName, string>>;
    const { segments, clusters, learn, text, features, vad } = folders;
    const decoder = join(folders.decode, decoderFolder);
    const files = {
      ...await copyInto(io.out, 'segments', segments, await segmenterFiles(segments)),
      ...await copyInto(io.out, 'clusters', clusters, clusterFiles),
      ...await copyInto(io.out, 'emission', learn, await emissionFiles(learn)),
      ...await copyInto(io.out, decoderFolder, decoder, await decoderFiles(decoder)),
    };
    const phoneSet = await readJson(join(text, 'phones.json'), phoneSetSchema);
    const vadRecord = await readStageRecord(vad);
    const record: ModelRecord = {
      schema: modelSchemaVersion, program: programVersion, title: io.config.title || await languageOf(text), licence: io.config.licence,
      sampleRate, phones: phoneSet.phones.map(({ phone }) => phone), silence: phoneSet.silence,
      vad: vadConfig.parse(vadRecord?.config), features: (await readJson(join(features, 'features.json'), featuresInfoSchema)).config,
      decode: await decoderSettings(decoder), provenance: await provenance(io, folders), files,
    };
    const card = modelCard(record);
    await writeFile(join(io.out, 'README.md'), card);
    record.files['README.md'] = await hashFile(join(io.out, 'README.md'));
    await writeFile(join(io.out, 'model.json'), `${JSON.stringify(record, null, 2)}\n`);
    return { files: Object.keys(record.files).length + 1, phones: record.phones.length };
  },
});

async function copyInto(out: string, part: string, from: string, names: readonly string[]): Promise<Record<string, string>> {
  await mkdir(join(out, part), { recursive: true });
  const sums: Record<string, string> = {};
  for (const name of names) {
    await cp(join(from, name), join(out, part, name));
    sums[`${part}/${name}`] = await hashFile(join(out, part, name));
  }
  return sums;
}

async function provenance(io: StageIo<BundleConfig>, folders: Readonly<Record<InputName, string>>): Promise<ModelRecord['provenance']> {
  const stages: Record<string, string> = {};
  for (const [name, folder] of Object.entries(folders)) stages[name] = (await readStageRecord(folder))?.key ?? '';
  let trainSamples = 0;
  for await (const { split, samples } of readJsonl(join(folders.vad, 'utterances.jsonl'), utteranceSchema)) if (split === 'train') trainSamples += samples;
  const stats = await readJson(join(folders.text, 'stats.json'), z.object({ sentences: z.number() }));
  const learned = await readStageRecord(folders.learn);
  return { stages, seed: io.seed, metric: learned?.counts['metric'] ?? null, trainSeconds: Math.round(trainSamples / sampleRate), textSentences: stats.sentences };
}

async function languageOf(text: string): Promise<string> {
  const record: unknown = JSON.parse(await readFile(join(text, 'stage.json'), 'utf8'));
  const parsed = z.object({ config: z.object({ language: z.string() }) }).safeParse(record);
  if (!parsed.success) throw new AsrError('input', `${text}/stage.json: no language in its config`, 'Set bundle.title.');
  return parsed.data.config.language;
}
