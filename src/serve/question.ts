// What a request asks for, from the fields of its form: those of OpenAI's API, and a few more.
import { z } from 'zod';
import { checked } from '../core/checked.js';
import { formats, type FormatName } from '../transcribe/formats/table.js';
import { invalidValue } from './refusal.js';

export const answerNames = [
  'json',
  'verbose_json',
  'transcript',
  'text',
  'srt',
  'vtt',
  'ctm',
  'textgrid',
  'eaf',
  'tsv',
] as const;
export type AnswerName = (typeof answerNames)[number];

export const isFormatName = (name: string): name is FormatName => Object.hasOwn(formats, name);

/** What `asr transcribe` writes as a file, too. */
export const isFileFormat = (name: AnswerName): name is AnswerName & FormatName =>
  name !== 'json' && isFormatName(name);

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

const schema = z.object({
  model: z.string().max(200).optional(),
  response_format: z.enum(answerNames).default('json'),
  timestamp_granularities: z
    .array(z.enum(['word', 'segment', 'phone']))
    .max(10)
    .default([]),
  stream: flag.default(false),
  /** Which of the two the answer is made of; without it words, where the model has good ones. */
  tokens: z.enum(['words', 'phones']).optional(),
});
export type TranscriptionRequest = z.infer<typeof schema>;

const list = 'timestamp_granularities';

/** Fields that are not known (prompt, temperature, language …) are left alone: they change nothing here. */
export function readQuestion(fields: readonly (readonly [string, string])[]): TranscriptionRequest {
  const given: Record<string, string | string[]> = {};
  for (const [name, value] of fields) {
    if (name === list || name === `${list}[]`) given[list] = [...((given[list] as string[] | undefined) ?? []), value];
    else given[name] = value;
  }
  return checked(schema, given, invalidValue);
}
