// The stage's side of tuning: emissions of a few training utterances, spread evenly, the weights chosen on them, and
// a file of every choice that was tried.
import { join } from 'node:path';
import { JsonlWriter } from '../core/jsonl.js';
import type { Log } from '../core/log.js';
import { readStageRecord } from '../core/stage-run.js';
import { sampleRate } from '../core/time.js';
import type { Emission, EmissionModel } from '../learn/emission.js';
import { readTextStats } from '../text/folder.js';
import { readUtterances } from '../vad/folder.js';
import type { DecodeConfig } from './config.js';
import type { DecoderParts } from './decoder.js';
import { decodeItems, type InputFolders } from './inputs.js';
import type { TuningTrial } from './trial.js';
import { tunePhones, tuneWords } from './tune.js';

/**
 * Perplexity of good transcripts over that of text: those that are as predictable as text, errors and
 * all, are the language model's work.
 */
const withErrors = 1.1;

/** Utterances to tune on; a length needs more than weights do: 25 cost ten points of PER. */
const [forWeights, forLength] = [40, 150];

/** Of the stage. */
export interface TuningIo {
  readonly inputs: InputFolders & { readonly text: string };
  readonly out: string;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

/** @returns the config with the weights that were chosen; as it was where nothing can be chosen */
export async function tunedConfig(
  config: DecodeConfig,
  model: EmissionModel,
  parts: DecoderParts,
  { inputs: folders, out, log, signal }: TuningIo,
): Promise<DecodeConfig> {
  if (config.method === 'greedy' || !config.tune.enabled) return config;
  const fitted = model.phonesPerSecond !== undefined;
  const wanted = config.tune.utterances ?? (fitted ? forLength : forWeights);
  const { emissions, seconds } = await sampleEmissions(model, folders, wanted);
  if (emissions.length === 0) {
    log.warn('decode.tune: no utterance to tune on; the weights stay as they are');
    return config;
  }
  const { heldOutPerplexity, phones, words } = await readTextStats(
    folders.text,
    'heldOutPerplexity',
    'phones',
    'words',
  );
  const phonesPerSecond = model.phonesPerSecond ?? (await readStageRecord(folders.segments))?.counts['phonesPerSecond'];
  const aims = {
    minPerplexity: config.tune.minPerplexity ?? (heldOutPerplexity ?? 1) * withErrors,
    phones: phonesPerSecond === undefined ? undefined : phonesPerSecond * seconds,
    fitted,
  };
  await using writer = await JsonlWriter.create(join(out, 'tuning.jsonl'));
  const onTrial = (trial: TuningTrial): void => {
    log.info(
      `${trial.method}, lmWeight ${trial.lmWeight}, wordScore ${trial.wordScore}, silenceWeight ` +
        `${trial.silenceWeight}: perplexity ${trial.perplexity.toFixed(2)}, distance ${trial.distance.toFixed(3)}, ` +
        (trial.lengthRatio === undefined ? '' : `length x ${trial.lengthRatio.toFixed(2)}, `) +
        `${trial.phonesPerWord === undefined ? '' : `${trial.phonesPerWord.toFixed(2)} phones a word, `}` +
        (trial.unkWeight === undefined
          ? ''
          : `unkWeight ${trial.unkWeight.toFixed(2)}, ` +
            `${((trial.unknownShare ?? 0) * 100).toFixed(1)} % unknown words, `) +
        'score ' +
        trial.score.toFixed(4),
    );
  };
  const task = { symbols: model, emissions, config, parts, aims, onTrial, signal };
  const { best, trials } = await (config.method === 'words'
    ? tuneWords(task, phones && words ? phones / words : undefined)
    : tunePhones(task));
  for (const trial of trials) await writer.write({ ...trial, chosen: trial === best });
  await writer.close();
  const { lmWeight, wordScore, silenceWeight, unkWeight = config.unkWeight } = best;
  log.info(
    `chose lmWeight ${lmWeight}, wordScore ${wordScore}, silenceWeight ${silenceWeight} of ${trials.length} ` +
      `choices on ${emissions.length} utterances`,
  );
  return { ...config, lmWeight, wordScore, silenceWeight, unkWeight };
}

/** Of training utterances, where there are any. */
async function sampleEmissions(
  model: EmissionModel,
  folders: InputFolders,
  count: number,
): Promise<{ emissions: Emission[]; seconds: number }> {
  const ids: Record<'train' | 'test', string[]> = { train: [], test: [] };
  for await (const { id, split } of readUtterances(folders.vad)) ids[split].push(id);
  const from = ids.train.length > 0 ? ids.train : ids.test;
  const step = Math.max(1, Math.floor(from.length / count));
  const sample = new Set(from.filter((_, i) => i % step === 0));
  const emissions: Emission[] = [];
  let samples = 0;
  for await (const { utterance, input } of decodeItems(folders, model.needsFrames, (id) => sample.has(id))) {
    if (!input) continue;
    if (emissions.length === count) break;
    emissions.push(await model.emit(input));
    samples += utterance.samples;
  }
  return { emissions, seconds: samples / sampleRate };
}
