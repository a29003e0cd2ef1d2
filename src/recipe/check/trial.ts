// The recipe's own stages on a small sample in a temporary folder: how the text comes out, segments against phones, and
// how many bytes a second of sound leaves behind.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '../../core/log.js';
import { runStage } from '../../core/stage-run.js';
import type { StageCounts } from '../../core/stage.js';
import { folderBytes } from '../../report/pipeline.js';
import { stageOptions, type Plan } from '../plan.js';
import type { MeasuredRecording } from './sample.js';

/** Sentences of text that are looked at. */
export const trialSentences = 10_000;
/** Seconds of sound that go through features and segments; an encoder takes longer over them than MFCC. */
const trialSeconds = { mfcc: 240, encoder: 45 };

export type Overrides = Readonly<Record<string, unknown>>;

/** Runs one stage of the plan with its output below `folder`. @throws AsrError of the stage */
export async function tryStage(plan: Plan, name: string, folder: string, overrides: Overrides): Promise<StageCounts> {
  const step = plan.steps.find((other) => other.name === name);
  if (!step) return {};
  const inputs = Object.fromEntries(Object.keys(step.inputs).map((input) => [input, join(folder, input)]));
  const options = stageOptions(plan, step, silentLog);
  const { record } = await runStage(await step.load(), {
    ...options,
    inputs,
    out: join(folder, name),
    config: { ...(step.config as Overrides), ...overrides },
  });
  return record.counts;
}

/** The text stage on a choice of sentences. */
export async function tryText(plan: Plan, folder: string): Promise<void> {
  const { maxSentences } = plan.config.text;
  await tryStage(plan, 'text', folder, {
    maxSentences: maxSentences === 0 ? trialSentences : Math.min(maxSentences, trialSentences),
  });
}

export interface TrialSound {
  readonly seconds: number;
  readonly utterances: number;
  readonly segmentsPerSecond: number | undefined;
  readonly phonesPerSecond: number | undefined;
  readonly segments: number;
  readonly bytesPerSecond: number;
}

/**
 * Audio, vad, features and segments on a part of the sample; the text must have been tried.
 * @throws AsrError of a stage
 */
export async function trySound(
  plan: Plan,
  recordings: readonly MeasuredRecording[],
  folder: string,
): Promise<TrialSound> {
  const limit = ['encoder', 'onnx'].includes(plan.config.features.kind) ? trialSeconds.encoder : trialSeconds.mfcc;
  const chosen: MeasuredRecording[] = [];
  let seconds = 0;
  // What is learned from comes first, and one recording at least.
  for (const recording of [...recordings].sort(
    (a, b) => Number(a.candidate.split === 'test') - Number(b.candidate.split === 'test'),
  )) {
    if (seconds > 0 && seconds + recording.seconds > limit) continue;
    chosen.push(recording);
    seconds += recording.seconds;
  }
  const table = join(folder, 'sample.tsv');
  await mkdir(join(folder, 'none'), { recursive: true });
  // Numbers from 1, since no row says 0: letters end at H.
  const rows = chosen.map(({ candidate: { id, path, speaker, start, end, channel } }) =>
    [id, path, speaker, 'train', start ?? '', end ?? '', channel === undefined ? '' : channel + 1].join('\t'),
  );
  const names = ['id', 'path', 'speaker', 'split', 'start', 'end', 'channel'];
  await writeFile(table, `${names.join('\t')}\n${rows.join('\n')}\n`);
  const columns = { ...Object.fromEntries(names.map((name) => [name, name])), duration: '' };
  await tryStage(plan, 'audio', folder, { layout: 'tsv', dir: join(folder, 'none'), table, columns, parts: [] });
  const vad = await tryStage(plan, 'vad', folder, {});
  await tryStage(plan, 'features', folder, {});
  const counts = await tryStage(plan, 'segments', folder, {});
  let bytes = 0;
  for (const name of ['audio', 'vad', 'features', 'segments']) bytes += await folderBytes(join(folder, name));
  return {
    seconds,
    utterances: vad['utterances'] ?? 0,
    segments: counts['segments'] ?? 0,
    bytesPerSecond: bytes / seconds,
    segmentsPerSecond: counts['segmentsPerSecond'],
    phonesPerSecond: counts['phonesPerSecond'],
  };
}
