// The files of a model's page in, those that an encoder needs out: two files of settings and one form of the weights.
import { AsrError } from '../core/errors.js';

export interface HubFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 for large files; else the SHA-1 that git gives a file. */
  readonly hash: string;
}

const settings = ['config.json', 'preprocessor_config.json'];
/** Weights in the order of preference: no code can hide in the first two. */
const weights = [
  { whole: 'model.safetensors', shard: /^model-\d+-of-\d+\.safetensors$/ },
  { whole: 'pytorch_model.bin', shard: /^pytorch_model-\d+-of-\d+\.bin$/ },
];

/**
 * @param files what the page holds
 * @param wanted names that a person asked for; they are taken instead
 * @throws AsrError 'model' when it holds no weights, or not what was asked for
 */
export function neededFiles(files: readonly HubFile[], where: string, wanted: readonly string[] = []): HubFile[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  if (wanted.length > 0)
    return wanted.map((path) => {
      const file = byPath.get(path);
      if (file) return file;
      throw new AsrError('model', `${where}: has no file "${path}"`, `It has: ${listed(files)}.`);
    });
  const found = settings.flatMap((path) => byPath.get(path) ?? []);
  for (const { whole, shard } of weights) {
    const single = byPath.get(whole);
    if (single) return [...found, single];
    const index = byPath.get(`${whole}.index.json`);
    const shards = files.filter(({ path }) => shard.test(path));
    if (index && shards.length > 0) return [...found, index, ...shards];
  }
  const fairseq = files.filter(({ path }) => /^[^/]+\.pt$/.test(path));
  if (fairseq.length === 1) return [...found, ...fairseq];
  throw new AsrError(
    'model',
    `${where}: no weights among its files (looked for ${weights.map(({ whole }) => whole).join(', ')}, one .pt file)`,
    `It has: ${listed(files)}. Name those that you want with --file.`,
  );
}

const listed = (files: readonly HubFile[]): string => {
  const names = files.map(({ path }) => path);
  return names.length > 12 ? `${names.slice(0, 12).join(', ')} and ${names.length - 12} more` : names.join(', ');
};
