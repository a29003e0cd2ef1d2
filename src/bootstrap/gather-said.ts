// What a source says, onto disk before anything is computed of it: sound, cepstra that it is aligned by, and phones.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { toGrid } from '../audio/mono.js';
import { held } from '../core/disposal.js';
import { AsrError } from '../core/errors.js';
import { JsonlWriter, readJson, readJsonl } from '../core/jsonl.js';
import type { Log } from '../core/log.js';
import { startProgress } from '../core/progress.js';
import { ShardWriter } from '../core/shard-writer.js';
import type { Compute } from '../core/stage.js';
import { sampleRate } from '../core/time.js';
import { writeWholeOnce } from '../core/whole-folder.js';
import { featuresConfig } from '../features/config.js';
import { createExtractor, type FeatureExtractor } from '../features/extractor.js';
import { normaliseTogetherInPlace } from '../features/normalise.js';
import { SourceLosses } from './left-out.js';
import type { SaidUtterance } from './said.js';

export interface GatherOptions {
  readonly name: string;
  /** Of speech; then it is enough. */
  readonly hours: number;
  /** The utterances, in an order that the seed gives; not all need be taken. */
  readonly said: (losses: SourceLosses) => AsyncIterable<SaidUtterance>;
  readonly compute: Compute;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

/** Seconds of speech in an utterance. */
const bounds = { shortest: 0.3, longest: 30 };
/** Of fewer no HMM learns anything. */
export const fewest = 20;

export const gatheredFolders = { samples: 'samples', frames: 'frames' } as const;
const itemsFile = 'items.jsonl';
const lossesFile = 'left-out.json';

const itemSchema = z.object({ id: z.string(), speaker: z.string(), phones: z.array(z.string()).max(100_000) });
type Item = z.infer<typeof itemSchema>;
const countsSchema = z.record(z.string(), z.number().int().nonnegative());

/** What `gatherSaid` left. */
export async function readGathered(folder: string): Promise<{ items: Item[]; losses: Record<string, number> }> {
  const items: Item[] = [];
  for await (const item of readJsonl(join(folder, itemsFile), itemSchema)) items.push(item);
  return { items, losses: await readJson(join(folder, lossesFile), countsSchema) };
}

/**
 * Fills the folder, unless it is filled: sound and cepstra of what is said, until there is enough of it.
 * @throws AsrError 'input' where too few utterances can be used
 */
export const gatherSaid = (folder: string, options: GatherOptions): Promise<void> =>
  writeWholeOnce(folder, (partial) => gather(partial, options));

async function gather(folder: string, { name, hours, said, compute, log, signal }: GatherOptions): Promise<void> {
  await using extractor = held(await createExtractor(featuresConfig.parse({}), compute));
  const losses = new SourceLosses(name, log);
  const wanted = hours * 3600 * sampleRate;
  const progress = startProgress(log, name, Math.round(wanted / sampleRate), 'seconds of speech');
  let total = 0;
  let count = 0;
  try {
    await using samples = await ShardWriter.create(join(folder, gatheredFolders.samples), {
      columns: 1,
      type: 'int16',
    });
    await using frames = await ShardWriter.create(join(folder, gatheredFolders.frames), {
      columns: extractor.dim,
      type: 'float16',
    });
    await using items = await JsonlWriter.create(join(folder, itemsFile));
    for await (const one of said(losses)) {
      signal?.throwIfAborted();
      const cepstra = await usable(one, extractor, losses);
      if (!cepstra) continue;
      await samples.append(one.id, toGrid(one.samples));
      await frames.append(one.id, cepstra);
      await items.write({ id: one.id, speaker: one.speaker, phones: one.phones });
      count++;
      total += one.samples.length;
      progress.update(Math.round(total / sampleRate));
      if (total >= wanted) break;
    }
    await samples.close();
    await frames.close();
    await items.close();
  } finally {
    progress.finish();
  }
  if (count < fewest) throw tooFew(name, count, losses.counts());
  await writeFile(join(folder, lossesFile), JSON.stringify(losses.counts()));
}

async function usable(
  { id, samples, phones }: SaidUtterance,
  extractor: FeatureExtractor,
  losses: SourceLosses,
): Promise<Float32Array | undefined> {
  const seconds = samples.length / sampleRate;
  if (seconds < bounds.shortest) losses.add(`less than ${bounds.shortest} s of speech`, id);
  else if (seconds > bounds.longest) losses.add(`more than ${bounds.longest} s of speech`, id);
  else if (phones.length === 0) losses.add('no phones', id);
  else {
    const frames = await extractor.extract(samples);
    normaliseTogetherInPlace([frames], extractor.dim, 'utterance');
    return frames.data;
  }
  return undefined;
}

export const tooFew = (name: string, count: number, losses: Readonly<Record<string, number>>): AsrError =>
  new AsrError(
    'input',
    `learn.bootstrap.sources: ${name}: ${count} utterances can be used, expected ${fewest} at least` +
      Object.entries(losses)
        .map(([reason, lost]) => `; ${reason}: ${lost}`)
        .join(''),
    'Check its language, its transcripts and its sound; `asr check` looks at them, too.',
  );
