// Word vectors of two languages in, a bilingual dictionary out; without vectors, clouds whose rotation is known are
// made at several levels of noise, and a table says how many of their words were found.
import { appendFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../../src/core/errors.js';
import { writeFileDurably } from '../../src/core/durable.js';
import { writeNpy } from '../../src/core/npy.js';
import { defineStage, type StageCounts, type StageIo } from '../../src/core/stage.js';
import { translationConfig } from '../../src/translation/config.js';
import { createComparer } from '../../src/translation/csls.js';
import { normalised, readEmbeddings, type Embeddings } from '../../src/translation/embeddings.js';
import { procrustes } from '../../src/translation/procrustes.js';
import { precision, rotatedClouds } from '../../src/translation/simulate.js';
import { translate } from '../../src/translation/translate.js';

const config = z.object({
  source: z
    .string()
    .default('')
    .describe(
      'vectors of the language to translate from: .vec, .txt, .vec.gz or .npy, ' +
        'relative to --data; empty = a known rotation instead',
    ),
  target: z.string().default('').describe('vectors of the language to translate into, of the same dimension'),
  vocabulary: z.number().int().min(2).max(1e6).default(20_000).describe('words read from each file, from the top'),
  noise: z
    .array(z.number().nonnegative().max(1000))
    .min(1)
    .default([0, 0.1, 0.2])
    .describe('known rotation: standard deviations of the noise, as shares of that of the vectors'),
  words: z.number().int().min(20).max(1e9).default(1000).describe('known rotation: words on each side'),
  dim: z.number().int().min(2).max(4096).default(20).describe('known rotation: dimensions'),
  topics: z.number().int().min(1).max(10_000).default(8).describe('known rotation: topics that words lie in'),
  translation: translationConfig.prefault({}),
});
type Io = StageIo<z.infer<typeof config>>;

export const standsAlone = true;

export const prepareStage = defineStage({
  name: 'corpus',
  version: 1,
  reads: [],
  config,
  external: ({ source, target }, data) =>
    [source, target].filter((path) => path !== '').map((path) => resolve(data, path)),
  async run(io) {
    const { source, target } = io.config;
    if ((source === '') !== (target === ''))
      throw new AsrError(
        'config',
        `corpus.${source === '' ? 'source' : 'target'} is missing`,
        'Give both files: --set corpus.source=es.vec --set corpus.target=en.vec; or none, for a known rotation.',
      );
    return source === '' ? knownRotation(io) : bilingualDictionary(io);
  },
});

async function bilingualDictionary(io: Io): Promise<StageCounts> {
  const read = (path: string): Promise<Embeddings> =>
    readEmbeddings(resolve(io.data, path), io.config.vocabulary, io.skip);
  const [source, target] = [await read(io.config.source), await read(io.config.target)];
  io.log.info(`${source.words.length} words of ${source.dim} dimensions, ${target.words.length} of ${target.dim}`);
  const side = (embeddings: Embeddings) => ({ rows: embeddings.words.length, data: normalised(embeddings) });
  const found = await translate({
    source: side(source),
    target: side(target),
    config: io.config.translation,
    rng: io.rng,
    compute: io.compute,
    log: io.log,
    signal: io.signal,
  });
  const mutual = new Set(found.words.mutual.map(([i]) => i));
  const rows = source.words.map(
    (word, i) =>
      `${word}\t${target.words[found.words.best[i] as number] as string}\t` +
      `${(found.words.scores[i] as number).toFixed(4)}\t${mutual.has(i) ? 'mutual' : '-'}`,
  );
  await writeFileDurably(join(io.out, 'dictionary.tsv'), `source\ttarget\tcsls\tpair\n${rows.join('\n')}\n`);
  await writeNpy(join(io.out, 'map.npy'), found.map, [source.dim, source.dim]);
  if (found.criterion < io.config.translation.enough)
    io.log.warn(
      `criterion ${found.criterion.toFixed(3)}, below translation.enough=${io.config.translation.enough}: look at ` +
        'some words before you trust the dictionary; more corpus.translation.starts or epochs may help',
    );
  io.log.info(
    `criterion ${found.criterion.toFixed(3)}, ${mutual.size} mutual pairs: ${join(io.out, 'dictionary.tsv')}`,
  );
  return { words: source.words.length, mutual: mutual.size, criterion: found.criterion };
}

async function knownRotation(io: Io): Promise<StageCounts> {
  const { words, dim, topics, translation } = io.config;
  const table = join(io.out, 'rotation.tsv');
  await writeFileDurably(table, 'noise\tcriterion\tprecision\tprecision_adversarial\tprecision_true_rotation\n');
  const counts: StageCounts = {};
  for (const noise of io.config.noise) {
    const { source, target, truth } = rotatedClouds({ words, dim, topics, noise }, io.rng.fork(`noise ${noise}`));
    const work = (name: string, similarityStart: boolean) =>
      translate({
        source,
        target,
        config: { ...translation, similarityStart },
        rng: io.rng.fork(`translation ${noise}`),
        compute: io.compute,
        log: io.log.child(`noise ${noise}${name}`),
        signal: io.signal,
      });
    const found = await work('', translation.similarityStart);
    const alone = await work(', adversarial alone', false);
    const comparer = createComparer(source, target, dim, translation.neighbours, io.compute);
    const known = await comparer
      .compare(procrustes(source, target, dim, truth.entries()))
      .finally(() => comparer.dispose());
    const [reached, adversarial, oracle] = [found.words, alone.words, known].map(({ best }) =>
      precision(best, truth),
    ) as [number, number, number];
    io.log.info(
      `noise ${noise}: precision@1 ${reached.toFixed(3)} (adversarial alone ${adversarial.toFixed(3)}, true ` +
        `rotation ${oracle.toFixed(3)}), criterion ${found.criterion.toFixed(3)}`,
    );
    await appendFile(
      table,
      `${noise}\t${found.criterion.toFixed(4)}\t${reached.toFixed(4)}\t${adversarial.toFixed(4)}\t` +
        `${oracle.toFixed(4)}\n`,
    );
    counts[`precision at noise ${noise}`] = reached;
  }
  return counts;
}
