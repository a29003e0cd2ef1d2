// What `asr transcribe` is told, and what follows from it: which formats, and whether words or phones come out.
import type { Compute } from '../core/stage.js';
import type { ModelRecord } from '../bundle/model-record.js';
import type { SpeakerOptions } from '../speakers/diarise.js';
import type { JsonOption } from './options.js';

export interface TranscribeFlags extends JsonOption {
  readonly model: string;
  readonly format?: string;
  readonly outputDir?: string;
  readonly beside?: boolean;
  readonly tree?: boolean;
  readonly watch?: string;
  readonly times?: boolean;
  readonly phones?: boolean;
  readonly words?: boolean;
  readonly jobs: string;
  readonly skipExisting?: boolean;
  readonly engine?: Compute['engine'];
  readonly use: readonly string[];
  readonly speakers?: string;
  readonly speakerModel?: string;
  readonly live?: boolean;
  readonly input: string;
  readonly rate: string;
  readonly channels: string;
}

/** @throws AsrError 'usage' for what is no number of people, 'model' for a file that is no model of speakers */
export async function speakersOf({
  speakers,
  speakerModel,
  live,
}: Pick<TranscribeFlags, 'speakers' | 'speakerModel' | 'live'>): Promise<SpeakerOptions | undefined> {
  if (speakers === undefined && speakerModel === undefined) return undefined;
  const { AsrError } = await import('../core/errors.js');
  if (speakers === undefined)
    throw new AsrError(
      'usage',
      '--speaker-model goes with --speakers',
      'Add --speakers auto, or how many people there are.',
    );
  if (live)
    throw new AsrError(
      'usage',
      '--speakers: not with --live',
      'Who speaks is told when all was heard: transcribe the file.',
    );
  if (speakerModel !== undefined) await refuseOther(speakerModel);
  return { count: speakers === 'auto' ? speakers : Number(speakers), model: speakerModel };
}

/** Before anything is heard. @throws AsrError as openSpeakerModel */
async function refuseOther(speakerModel: string): Promise<void> {
  const { openSpeakerModel } = await import('../speakers/embeddings.js');
  const { computeSchema } = await import('../core/stage.js');
  const opened = await openSpeakerModel(speakerModel, computeSchema.parse({}));
  await opened.dispose();
}

/**
 * @param json JSON holds words unless somebody asked for phones.
 * @throws AsrError 'usage' for words of a model that has none
 */
export async function wantsPhones(
  { phones, words, model }: TranscribeFlags,
  record: ModelRecord,
  json: boolean,
): Promise<boolean> {
  const { AsrError } = await import('../core/errors.js');
  const { showsWords } = await import('../bundle/card.js');
  if (phones && words) throw new AsrError('usage', '--phones and --words: only one of them');
  if (words && record.decode.method !== 'words')
    throw new AsrError(
      'usage',
      `${model}: this model knows no words`,
      'It was made from a text of phones, or decodes phones (decode.method).',
    );
  return phones ?? (!words && !json && !showsWords(record));
}

export async function formatsOf({
  format,
  json,
  times,
  outputDir,
  beside,
}: Pick<TranscribeFlags, 'format' | 'json' | 'times' | 'outputDir' | 'beside'>): Promise<string[]> {
  const { AsrError } = await import('../core/errors.js');
  const { didYouMean } = await import('../core/nearest.js');
  const { findFormat, formatNames } = await import('../transcribe/formats/table.js');
  const names = [
    ...(format ?? '')
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== ''),
    ...(json ? ['json'] : []),
    ...(times ? ['tsv'] : []),
  ];
  const unique = [...new Set(names.length === 0 ? ['text'] : names)];
  for (const name of unique) {
    if (findFormat(name)) continue;
    const hint = didYouMean(name, formatNames, `There are ${formatNames.join(', ')}.`);
    throw new AsrError('usage', `--format ${name}: not a format`, hint);
  }
  if (unique.length > 1 && outputDir === undefined && !beside)
    throw new AsrError('usage', `${unique.length} formats cannot share one output`, 'Add --output-dir FOLDER.');
  return unique;
}

/** To standard output; waits while nobody reads. */
export const writeOut = (text: string): Promise<void> =>
  new Promise((done, fail) => {
    process.stdout.write(text, (error) => {
      if (error) fail(error);
      else done();
    });
  });
