// A text classifier of the user's: ONNX with the tokeniser that it was trained with, as Hugging Face's exporters write
// them. Token numbers in, a score for every label out. Names of labels come from config.json beside the model.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { readJson } from '../core/jsonl.js';
import type { Compute } from '../core/stage.js';
import { readModelFile } from '../core/lfs-pointer.js';
import { ModelSession, type ModelArray } from '../engine/index.js';
import type { Labeller } from './labeller.js';

/** What is read of a config.json. */
export const networkConfigSchema = z.object({
  id2label: z.record(z.string().max(10), z.string().max(200)).optional(),
  problem_type: z.string().max(100).nullish(),
  max_position_embeddings: z.number().int().min(1).max(1_000_000).optional(),
});

/** Tokens of a text that are read, where the model does not say: BERT's and what came of it. */
const usualLength = 512;
/** Positions that RoBERTa and its kin keep for themselves. */
const reserved = 2;
const inputNames = ['input_ids', 'attention_mask', 'token_type_ids'] as const;

/** @throws AsrError 'model' for files that are no such models */
export async function openTextNetwork(path: string, tokeniserPath: string, compute: Compute): Promise<Labeller> {
  const encode = await openTokeniser(tokeniserPath);
  const configPath = join(dirname(path), 'config.json');
  const config = networkConfigSchema.parse(
    existsSync(configPath) ? await readJson(configPath, networkConfigSchema) : {},
  );
  const bytes = await readModelFile(path);
  const { threads, engine } = compute;
  const session = await ModelSession.open(bytes, { name: path, threads, engine, folder: dirname(path) });
  try {
    const names = session.inputs.map(({ name }) => name);
    if (!names.includes('input_ids') || names.some((name) => !inputNames.some((known) => known === name)))
      throw new AsrError(
        'model',
        `${path}: takes ${names.join(', ')}`,
        'A text classifier takes input_ids, and perhaps attention_mask and token_type_ids.',
      );
    const longest = Math.max(1, (config.max_position_embeddings ?? usualLength) - reserved);
    const logits = async (text: string): Promise<Float32Array> => {
      const tokens = encode(text, longest);
      const shape = [1, tokens.length];
      const feeds: Record<(typeof inputNames)[number], ModelArray> = {
        input_ids: { data: Float32Array.from(tokens), shape },
        attention_mask: { data: new Float32Array(tokens.length).fill(1), shape },
        token_type_ids: { data: new Float32Array(tokens.length), shape },
      };
      const out = await session.run(Object.fromEntries(Object.entries(feeds).filter(([name]) => names.includes(name))));
      const found = out['logits'] ?? Object.values(out)[0];
      if (
        !found ||
        found.data.length < 1 ||
        found.shape.at(-1) !== found.data.length ||
        !found.data.every(Number.isFinite)
      )
        throw new AsrError(
          'model',
          `${path}: gives [${found?.shape.join(', ') ?? ''}], expected finite numbers [1, labels]`,
          'It is no model for the classification of texts, or has to be exported again.',
        );
      return found.data;
    };
    const width = (await logits('a')).length;
    const several = config.problem_type === 'multi_label_classification' || width === 1;
    const labels = Array.from({ length: width }, (_, i) => config.id2label?.[String(i)] ?? `LABEL_${i}`);
    return {
      labels,
      several,
      scores: async (texts) => {
        const all: Float64Array[] = [];
        for (const text of texts) all.push((several ? eachAlone : together)(await logits(text)));
        return all;
      },
      [Symbol.asyncDispose]: () => session.dispose(),
    };
  } catch (thrown) {
    await session.dispose();
    throw thrown;
  }
}

/** What is used of the package, whose own types Node's way of finding modules does not reach. */
interface TokeniserPackage {
  readonly Tokenizer: new (spec: object, settings: object) => { encode(text: string): { readonly ids: unknown } };
}
const tokenNumbers = z.array(
  z
    .number()
    .int()
    .min(0)
    .max(2 ** 31),
);

/** @returns a text's token numbers, cut to a length, the last one (the end) kept */
async function openTokeniser(path: string): Promise<(text: string, longest: number) => number[]> {
  const { Tokenizer } = (await import('@huggingface/tokenizers')) as unknown as TokeniserPackage;
  const record = z.record(z.string(), z.unknown());
  const spec = await readJson(path, record);
  const beside = join(dirname(path), 'tokenizer_config.json');
  const settings = existsSync(beside) ? await readJson(beside, record) : {};
  const fail = (cause: unknown): never => {
    throw new AsrError(
      'model',
      `${path}: no tokeniser: ${cause instanceof Error ? cause.message : String(cause)}`,
      'It is the tokenizer.json of the folder that the model comes from.',
      cause,
    );
  };
  let tokeniser: InstanceType<TokeniserPackage['Tokenizer']>;
  try {
    tokeniser = new Tokenizer(spec, settings);
  } catch (error) {
    return fail(error);
  }
  return (text, longest) => {
    let tokens: number[];
    try {
      tokens = tokenNumbers.parse(tokeniser.encode(text).ids);
    } catch (error) {
      return fail(error);
    }
    if (tokens.length === 0) tokens = [0]; // a network takes no empty row
    return tokens.length <= longest ? tokens : [...tokens.slice(0, longest - 1), tokens.at(-1) as number];
  };
}

const eachAlone = (logits: Float32Array): Float64Array => Float64Array.from(logits, (x) => 1 / (1 + Math.exp(-x)));

function together(logits: Float32Array): Float64Array {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Float64Array.from(logits, (x) => Math.exp(x - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((value) => value / sum);
}
