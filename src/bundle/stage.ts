// Stage bundle: copies the fitted parts of a run into one model folder with settings, checksums and a card.
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { clusterFiles } from '../clusters/clusters.js';
import { AsrError } from '../core/errors.js';
import { readJsonl } from '../core/jsonl.js';
import { defineStage, type StageIo } from '../core/stage.js';
import { readStageRecord } from '../core/stage-run.js';
import { programVersion } from '../core/version.js';
import { sampleRate } from '../core/time.js';
import { decoderFiles, decoderFolder, decoderSettings } from '../decode/decoder-files.js';
import { bundleEncoder } from '../features/bundle-encoder.js';
import { reductionFiles, reductionFolder } from '../features/reduction.js';
import { emissionFiles, emissionKind } from '../learn/emission.js';
import { runSchema } from '../learn/run-folder.js';
import { readVerdict } from '../learn/verdict.js';
import { segmenterFiles } from '../segments/model.js';
import { textConfig } from '../text/config.js';
import { readPhoneSet, readTextStats } from '../text/folder.js';
import { vadConfig, type VadConfig } from '../vad/config.js';
import { chosenSystem } from '../selftrain/output.js';
import { readScore, type ScoreReport } from '../score/report.js';
import { readUtterances } from '../vad/folder.js';
import { cardFile, modelCard } from './card.js';
import { bundleConfig, type BundleConfig } from './config.js';
import { sealModel } from './model-folder.js';
import { hearsFrames, type ModelContent, type ModelRecord } from './model-record.js';

type InputName = 'features' | 'segments' | 'clusters' | 'learn' | 'decode' | 'selftrain' | 'text' | 'vad' | 'score';

export const bundleStage = defineStage({
  name: 'bundle',
  version: 10,
  reads: ['features', 'segments', 'clusters', 'learn', 'decode', 'selftrain', 'text', 'vad', 'score'],
  config: bundleConfig,
  async run(io) {
    const folders = io.inputs;
    const { segments, clusters, text, vad, score } = folders;
    const { emission, decoder, frontEnd, pass } = await chosenSystem(folders);
    const vadRecord = await readStageRecord(vad);
    const encoder = await bundleEncoder(frontEnd.config, io.data, io.out);
    const speech = await bundleDetector(vadConfig.parse(vadRecord?.config), io.data, io.out);
    const kind = await emissionKind(emission);
    const names = [
      ...encoder.files,
      ...speech.files,
      ...(frontEnd.reduction
        ? await copyInto(io.out, reductionFolder, join(folders.features, reductionFolder), reductionFiles)
        : []),
      ...(hearsFrames(kind)
        ? []
        : [
            ...(await copyInto(io.out, 'segments', segments, await segmenterFiles(segments))),
            ...(await copyInto(io.out, 'clusters', clusters, clusterFiles)),
          ]),
      ...(await copyInto(io.out, 'emission', emission, await emissionFiles(emission))),
      ...(await copyInto(io.out, decoderFolder, decoder, await decoderFiles(decoder))),
    ];
    const phoneSet = await readPhoneSet(text);
    const report = await readScore(score);
    const verdict = await readVerdict(folders.decode);
    const content: ModelContent = {
      program: programVersion,
      title: io.config.title || (await languageOf(text)),
      licence: io.config.licence,
      sampleRate,
      phones: phoneSet.phones.map(({ phone }) => phone),
      silence: phoneSet.silence,
      vad: speech.config,
      model: { kind, pass },
      // What was done, whatever the setting left open.
      features: {
        ...encoder.config,
        reduction: { ...encoder.config.reduction, components: frontEnd.reduction ? frontEnd.dim : 0 },
      },
      decode: await decoderSettings(decoder),
      ...(await textSettings(text)),
      provenance: await provenance(io, folders),
      ...(verdict ? { verdict: { verdict: verdict.verdict, reason: verdict.reason } } : {}),
      ...(report
        ? {
            measured: {
              per: report.per,
              ...(report.words ? { words: { wer: report.words.wer, ...inTextOf(report.words) } } : {}),
              utterances: report.utterances,
              split: report.split,
              randomSentence: report.trivial.randomSentence,
            },
          }
        : {}),
    };
    await writeFile(
      join(io.out, cardFile),
      modelCard(content, { ...io.config, language: io.config.language || (await languageOf(text)) }, report?.groups),
    );
    const { files, phones } = await sealModel(io.out, content, [...names, cardFile]);
    return { files: Object.keys(files).length + 1, phones: phones.length };
  },
});

const inTextOf = ({
  inText,
  outside,
}: NonNullable<ScoreReport['words']>): { inText?: number; unknownShare?: number } => ({
  ...(inText ? { inText: inText.wer } : {}),
  ...(outside === undefined ? {} : { unknownShare: outside }),
});

/** What a pronouncer needs to read further texts as this one was read. */
async function textSettings(text: string): Promise<Pick<ModelContent, 'text'>> {
  const { data } = textConfig.safeParse((await readStageRecord(text))?.config);
  if (!data) return {};
  const { unit, pronunciation, language, context, splitCompound, stripLength, stripTone, stripStress } = data;
  const marks = { splitCompound, stripLength, stripTone, ...(stripStress === undefined ? {} : { stripStress }) };
  return { text: { unit, pronunciation, language, context, ...marks } };
}

/** Silero's network into the model folder, where it is what finds speech. */
async function bundleDetector(
  config: VadConfig,
  data: string,
  out: string,
): Promise<{ files: string[]; config: VadConfig }> {
  if (config.method !== 'silero') return { files: [], config };
  const { findSilero } = await import('../vad/silero.js');
  const model = 'vad/silero_vad.onnx';
  await mkdir(join(out, 'vad'), { recursive: true });
  await cp(findSilero(config.silero, data), join(out, model));
  return { files: [model], config: { ...config, silero: { ...config.silero, model } } };
}

/** @returns their paths inside `out` */
async function copyInto(out: string, part: string, from: string, names: readonly string[]): Promise<string[]> {
  await mkdir(join(out, part), { recursive: true });
  for (const name of names) await cp(join(from, name), join(out, part, name));
  return names.map((name) => `${part}/${name}`);
}

async function provenance(
  io: StageIo<BundleConfig>,
  folders: Readonly<Record<InputName, string>>,
): Promise<ModelRecord['provenance']> {
  const stages: Record<string, string> = {};
  for (const [name, folder] of Object.entries(folders)) stages[name] = (await readStageRecord(folder))?.key ?? '';
  let trainSamples = 0;
  const speakers = new Set<string>();
  for await (const { split, samples, speaker } of readUtterances(folders.vad)) {
    if (split !== 'train') continue;
    trainSamples += samples;
    speakers.add(speaker);
  }
  const stats = await readTextStats(folders.text, 'sentences');
  const learned = await readStageRecord(folders.learn);
  return {
    stages,
    seed: io.seed,
    metric: learned?.counts['metric'] ?? null,
    trainSeconds: Math.round(trainSamples / sampleRate),
    textSentences: stats.sentences,
    speakers: speakers.size,
    ...(await speechBeside(folders.learn)),
  };
}

/** What the chosen run says that it learned from beside the recordings. */
async function speechBeside(learn: string): Promise<Pick<ModelRecord['provenance'], 'syntheticSpeech' | 'sources'>> {
  const path = join(learn, 'runs.jsonl');
  if (!existsSync(path)) return {};
  const schema = z.object({
    chosen: z.boolean().optional(),
    ...runSchema.pick({ synthetic: true, sources: true }).shape,
  });
  for await (const { chosen, synthetic, sources } of readJsonl(path, schema))
    if (chosen) return { ...(synthetic ? { syntheticSpeech: true } : {}), ...(sources ? { sources } : {}) };
  return {};
}

async function languageOf(text: string): Promise<string> {
  const record: unknown = JSON.parse(await readFile(join(text, 'stage.json'), 'utf8'));
  const parsed = z.object({ config: z.object({ language: z.string() }) }).safeParse(record);
  if (!parsed.success)
    throw new AsrError('input', `${text}/stage.json: no language in its config`, 'Set bundle.title.');
  return parsed.data.config.language;
}
