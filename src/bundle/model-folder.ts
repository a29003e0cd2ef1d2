// A model folder: everything `asr transcribe` needs, named with checksums in model.json. Written by the bundle
// stage; refused on loading when a part is missing, changed, or from a newer version.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { hashFile, hashText } from '../core/fingerprint.js';
import { sampleRate } from '../core/records.js';
import { decodeConfig } from '../decode/config.js';
import { featuresConfig } from '../features/config.js';
import { vadConfig } from '../vad/config.js';

/** Raised when an older program could not use the folder any more. */
export const modelSchemaVersion = 1;

export const modelSchema = z.object({
  schema: z.literal(modelSchemaVersion),
  program: z.string(),
  title: z.string(),
  licence: z.string(),
  sampleRate: z.literal(sampleRate),
  phones: z.array(z.string().min(1)),
  silence: z.string(),
  /** Settings of the pure functions that turn sound into phones. */
  vad: vadConfig,
  features: featuresConfig,
  decode: decodeConfig,
  provenance: z.object({
    /** Key of each stage that the model was made from. */
    stages: z.record(z.string(), z.string()),
    seed: z.number(),
    metric: z.number().nullable(),
    trainSeconds: z.number(),
    /** True where a synthesiser's speech was learned from as well. */
    syntheticSpeech: z.boolean().optional(),
    textSentences: z.number(),
    /** How many people were listened to, as far as the corpus tells. */
    speakers: z.number().optional(),
  }),
  /** What it was measured on, where there were references; rates are fractions. Nothing was chosen by them. */
  measured: z
    .object({ per: z.number(), utterances: z.number(), split: z.enum(['test', 'all']), randomSentence: z.number() })
    .optional(),
  /** sha256 of every other file, by path inside the folder. */
  files: z.record(z.string(), z.string()),
  /** sha256 of this record without the seal, so that a changed setting is noticed like a changed file. */
  seal: z.string(),
});
export type ModelRecord = z.infer<typeof modelSchema>;
/** What a model's maker says of it. */
export type ModelContent = Omit<ModelRecord, 'files' | 'seal' | 'schema'>;

const recordFile = 'model.json';

const sealOf = (record: object): string => hashText(JSON.stringify({ ...record, seal: undefined }));

/** Writes model.json with the checksums of the named files, which are in the folder already. */
export async function sealModel(folder: string, content: ModelContent, names: readonly string[]): Promise<ModelRecord> {
  const files: Record<string, string> = {};
  for (const name of names) files[name] = await hashFile(join(folder, name));
  const unsealed = { schema: modelSchemaVersion, ...content, files } as const;
  const record: ModelRecord = { ...unsealed, seal: sealOf(unsealed) };
  await writeFile(join(folder, recordFile), `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

const again = 'Copy the folder again, or make it again with `asr run`.';

/** Reads and checks model.json and the checksum of every file. @throws AsrError 'model' */
export async function readModelRecord(folder: string): Promise<ModelRecord> {
  const path = join(folder, recordFile);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new AsrError(
      'model',
      `${folder}: no model here (model.json is missing)`,
      'Give the model folder that a run left, for instance runs/demo-es/bundle.',
      error,
    );
  });
  const raw = parse(text, path);
  const version = (raw as { schema?: unknown }).schema;
  if (typeof version === 'number' && version > modelSchemaVersion) {
    throw new AsrError(
      'model',
      `${path}: schema ${version} is newer than this program understands (${modelSchemaVersion})`,
      'Update asr.',
    );
  }
  const parsed = modelSchema.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new AsrError(
      'model',
      `${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a model record'}`,
      again,
    );
  }
  if (parsed.data.seal !== sealOf(raw))
    throw new AsrError('model', `${path}: a setting has changed since the model was made`, again);
  await Promise.all(
    Object.entries(parsed.data.files).map(([name, expected]) => checkFile(join(folder, name), expected)),
  );
  return parsed.data;
}

function parse(text: string, path: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // falls through to the error below
  }
  throw new AsrError('model', `${path}: not valid JSON`, again);
}

async function checkFile(path: string, expected: string): Promise<void> {
  if (!(await stat(path).catch(() => undefined))?.isFile())
    throw new AsrError('model', `${path}: this part of the model is missing`, again);
  const found = await hashFile(path);
  if (found !== expected)
    throw new AsrError(
      'model',
      `${path}: the file has changed since the model was made (sha256 ${found.slice(0, 12)}…, expected ${expected.slice(0, 12)}…)`,
      again,
    );
}
