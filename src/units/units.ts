// Frames of a run in, one discrete unit for each step of each recording out, as benchmarks of unit discovery read them
// (DiscoPhon, arXiv 2603.18612): units.jsonl of `file` and `units`, with the clusters to name other recordings by.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { clusterFiles, loadClusters, saveClusters, type Clusters } from '../clusters/clusters.js';
import { held } from '../core/disposal.js';
import { AsrError } from '../core/errors.js';
import { JsonlWriter, readJson, readJsonl } from '../core/jsonl.js';
import type { Log } from '../core/log.js';
import { startProgress } from '../core/progress.js';
import type { Split, Utterance } from '../core/records.js';
import type { Rng } from '../core/rng.js';
import type { ShardReader } from '../core/shards.js';
import type { Compute } from '../core/stage.js';
import { sampleRate } from '../core/time.js';
import { openFrames, readFeaturesInfo, type FeaturesInfo } from '../features/folder.js';
import { fitKmeans } from '../numeric/kmeans.js';
import { allSlots, hasPauses, slotsOf, spokenRecordings, type UnitFolders } from './slots.js';

export const mostUnits = 100_000;

/** A line of units.jsonl: a unit for each step of the recording, from its beginning. */
export const fileUnitsSchema = z.object({
  file: z.string().min(1),
  units: z.array(z.number().int().nonnegative().max(mostUnits)),
});
export type FileUnits = z.infer<typeof fileUnitsSchema>;

export const readFileUnits = (path: string): AsyncGenerator<FileUnits> => readJsonl(path, fileUnitsSchema);

export interface UnitsOptions extends UnitFolders {
  readonly features: string;
  /** Folder of earlier units, whose clusters are taken; without it they are fitted here. */
  readonly clusters?: string;
  /** Different units at most, the one for pauses included. */
  readonly count: number;
  /** Samples that a unit stands for. */
  readonly step: number;
  /** Recordings that are written; all where it is absent. Clusters are fitted on training utterances in any case. */
  readonly split?: Split;
  readonly out: string;
  readonly rng: Rng;
  readonly seed: number;
  readonly compute: Compute;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

export interface UnitsResult {
  readonly recordings: number;
  readonly units: number;
  /** Different units that can occur, the one for pauses included where there is one. */
  readonly count: number;
  /** Steps in which nobody speaks: they have a unit of their own, the last. */
  readonly pauses: number;
}

const recordSchema = z.object({
  count: z.number().int().min(1).max(mostUnits),
  step: z.number().int().min(1).max(sampleRate),
  pauseUnit: z.number().int().min(0).max(mostUnits).nullable(),
});
type UnitsRecord = z.infer<typeof recordSchema>;

const recordFile = 'units.json';

/** @throws AsrError 'input' where folders do not belong together, or speech is too short for so many clusters */
export async function writeUnits(options: UnitsOptions): Promise<UnitsResult> {
  const { features, out, step, compute, log, signal } = options;
  const info = await readFeaturesInfo(features);
  await using reader = await openFrames(features);
  await mkdir(out, { recursive: true });
  const record =
    options.clusters === undefined ? await fit(info, reader, options) : await earlier(options.clusters, options);
  await using clusters = held(await loadClusters(out, compute));
  if (clusters.columns !== reader.columns)
    throw new AsrError(
      'input',
      `${options.clusters ?? out}: clusters of ${clusters.columns} columns, frames of ${reader.columns} in ${features}`,
      'Take the features that those clusters were fitted on.',
    );
  await using writer = await JsonlWriter.create(join(out, 'units.jsonl'));
  const progress = startProgress(log, 'units', reader.ids.length, 'utterances');
  const total = { units: 0, pauses: 0, utterances: 0 };
  for await (const { recording, utterances } of spokenRecordings(options)) {
    signal?.throwIfAborted();
    if (options.split !== undefined && recording.split !== options.split) continue;
    const units = new Int32Array(Math.max(1, Math.floor(recording.samples / step))).fill(-1);
    for (const utterance of utterances)
      if (reader.has(utterance.id)) await nameSteps(units, utterance, { reader, clusters, grid: info, step });
    const pauses = namePauses(units, record.pauseUnit);
    await writer.write({ file: recording.id, units: [...units] } satisfies FileUnits);
    total.units += units.length;
    total.pauses += pauses;
    total.utterances += utterances.length;
    progress.update(total.utterances);
  }
  progress.finish();
  await writer.close();
  if (total.pauses > 0 && record.pauseUnit === null)
    log.warn(`${total.pauses} steps have no frame, and these clusters no unit for pauses: they are written as unit 0`);
  if (writer.count === 0)
    throw new AsrError(
      'input',
      `${options.audio}: no recording${options.split ? ` of the split ${options.split}` : ''}`,
    );
  await writeFile(
    join(out, recordFile),
    `${JSON.stringify({ ...record, seed: options.seed, sampleRate, features: info }, null, 2)}\n`,
  );
  return { recordings: writer.count, units: total.units, count: record.count, pauses: total.pauses };
}

async function fit(info: FeaturesInfo, reader: ShardReader, options: UnitsOptions): Promise<UnitsRecord> {
  const { count, step, rng, compute, log, out } = options;
  if (reader.columns === undefined) throw new AsrError('input', `${options.features}: holds no frame`);
  const pauses = await hasPauses(options, step);
  const clusters = pauses ? count - 1 : count;
  const passes = 30;
  const progress = startProgress(log, 'clustering', passes, 'passes');
  const { centroids, inertia, rows } = await fitKmeans(
    () => allSlots(reader, options, { grid: info, step, training: true }),
    {
      columns: reader.columns,
      count: clusters,
      restarts: 1,
      iterations: passes,
      sampleRows: 20_000,
      rng,
      compute,
      onPass: (pass) => {
        options.signal?.throwIfAborted();
        progress.update(pass);
      },
    },
  );
  progress.finish();
  await saveClusters(out, { count: clusters, columns: reader.columns, inertia, rows }, centroids);
  return { count, step, pauseUnit: pauses ? clusters : null };
}

async function earlier(folder: string, { step, out }: UnitsOptions): Promise<UnitsRecord> {
  const record = await readJson(join(folder, recordFile), recordSchema);
  if (record.step !== step)
    throw new AsrError(
      'input',
      `${folder}: units of ${(1000 * record.step) / sampleRate} ms, asked for ${(1000 * step) / sampleRate} ms`,
      'Give the same --step.',
    );
  if (resolve(folder) !== resolve(out))
    for (const file of clusterFiles) await copyFile(join(folder, file), join(out, file));
  return record;
}

interface Naming {
  readonly reader: ShardReader;
  readonly clusters: Clusters;
  readonly grid: FeaturesInfo;
  readonly step: number;
}

/** Sets the steps of one utterance; those without a frame of their own take their neighbour's, speech as they are. */
async function nameSteps(
  units: Int32Array,
  utterance: Utterance,
  { reader, clusters, grid, step }: Naming,
): Promise<void> {
  const { at, data } = slotsOf(await reader.read(utterance.id), utterance, grid, step);
  const named = await clusters.assign(data, at.length);
  at.forEach((slot, i) => {
    if (slot < units.length) units[slot] = named[i]!;
  });
  let nearest = 0;
  for (const [start, end] of utterance.regions)
    for (let slot = Math.round(start / step); slot < Math.min(units.length, Math.round(end / step)); slot++) {
      while (nearest + 1 < at.length && Math.abs(at[nearest + 1]! - slot) <= Math.abs(at[nearest]! - slot)) nearest++;
      if (units[slot]! < 0 && at.length > 0) units[slot] = named[nearest]!;
    }
}

/** @returns how many steps nobody speaks in */
function namePauses(units: Int32Array, pauseUnit: number | null): number {
  let pauses = 0;
  for (let i = 0; i < units.length; i++) {
    if (units[i]! >= 0) continue;
    pauses++;
    // where no pause was expected, as in a recording whose frames were left out, the first unit is as good as any
    units[i] = pauseUnit ?? 0;
  }
  return pauses;
}
