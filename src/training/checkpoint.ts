// Checkpoints: weights with their moments, the best weights so far where a training has such, facts of its own, how
// much of its logs belongs to it, and the update. Random streams are named after updates, so the update is their
// position; the run's key, with the root stream's state in it, tells whether a checkpoint belongs to this training.
import { readFile, rm, readdir, stat, truncate, mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { flushFolder, writeFileDurably } from '../core/durable.js';
import { AsrError } from '../core/errors.js';
import { readFloatNpy, writeNpy } from '../core/npy.js';
import type { TrainedState } from './supervised.js';

const checkpointSchema = z.object({
  run: z.string(),
  update: z.number().int().nonnegative(),
  state: z.string(),
  best: z.string().optional(),
  bestUpdate: z.number().int().optional(),
  bytes: z.record(z.string(), z.number().int().nonnegative()),
});

export interface TrainingCheckpoint<F> {
  /** Updates done. */
  readonly update: number;
  /** The weights that were judged best, and the updates done then. */
  readonly best?: { readonly update: number; readonly w: Float32Array } | undefined;
  readonly facts: F;
}

const fileName = 'checkpoint.json';
// JSON has no infinity, and a judgement of nothing may be infinite.
const finiteOrName = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? 'Infinity' : value;

/** All entries in the order of their names, one after the other. */
function flatten(state: TrainedState): Float32Array {
  const arrays = Object.keys(state.values)
    .sort()
    .map((name) => state.values[name]!);
  const flat = new Float32Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    flat.set(array, at);
    at += array.length;
  }
  return flat;
}

function unflatten(state: TrainedState, flat: Float32Array, where: string): void {
  const names = Object.keys(state.values).sort();
  const size = names.reduce((sum, name) => sum + state.values[name]!.length, 0);
  if (flat.length !== size)
    throw new AsrError(
      'model',
      `${where}: expected ${size} numbers, found ${flat.length}`,
      'The checkpoint belongs to another model; remove its folder.',
    );
  let at = 0;
  for (const name of names) {
    const { length } = state.values[name]!;
    state.set({ [name]: flat.subarray(at, at + length) });
    at += length;
  }
}

/** The folder of one run's checkpoints; the newest complete one counts, whenever the process ends. */
export class CheckpointFolder<F extends object = object> {
  readonly #folder: string;
  readonly #run: string;
  readonly #logs: readonly string[];
  readonly #facts: z.ZodType<F>;

  /**
   * @param run identifies configuration and seed: checkpoints of another run are not continued
   * @param logs files in the folder that grow with the run, and are cut back when it continues
   * @param facts what else a checkpoint says; an infinite number is written as "Infinity"
   */
  constructor(folder: string, run: string, logs: readonly string[], facts: z.ZodType<F>) {
    this.#folder = folder;
    this.#run = run;
    this.#logs = logs;
    this.#facts = facts;
  }

  async save(state: TrainedState, { update, best, facts }: TrainingCheckpoint<F>): Promise<void> {
    const names = {
      state: `state-${update}.npy`,
      ...(best ? { best: `best-${best.update}.npy`, bestUpdate: best.update } : {}),
    };
    const flat = flatten(state);
    await writeNpy(join(this.#folder, names.state), flat, [flat.length]);
    if (names.best !== undefined && best && !existsSync(join(this.#folder, names.best)))
      await writeNpy(join(this.#folder, names.best), best.w, [best.w.length]);
    const bytes: Record<string, number> = {};
    for (const name of this.#logs) bytes[name] = (await stat(join(this.#folder, name))).size;
    const record: z.infer<typeof checkpointSchema> = { run: this.#run, update, ...names, bytes };
    await flushFolder(this.#folder);
    await writeFileDurably(join(this.#folder, fileName), JSON.stringify({ ...record, ...facts }, finiteOrName));
    await this.#clean([names.state, names.best]);
  }

  /** Removes arrays that no checkpoint names. */
  async #clean(kept: readonly (string | undefined)[]): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (/^(state|best)-\d+\.npy$/.test(name) && !kept.includes(name))
        await rm(join(this.#folder, name), { force: true });
    }
  }

  /**
   * Puts the newest checkpoint into the state and cuts the logs back to where they were.
   * Without a checkpoint of this run the folder is emptied of another one's files.
   * @throws AsrError 'model' when the checkpoint is damaged
   */
  async restore(state: TrainedState): Promise<TrainingCheckpoint<F> | undefined> {
    await mkdir(this.#folder, { recursive: true });
    const path = join(this.#folder, fileName);
    const record = existsSync(path) ? this.#parse(path, await readFile(path, 'utf8')) : undefined;
    if (record?.run !== this.#run) {
      await this.#clean([]);
      for (const name of [fileName, ...this.#logs]) await rm(join(this.#folder, name), { force: true });
      return undefined;
    }
    const statePath = join(this.#folder, record.state);
    unflatten(state, (await readFloatNpy(statePath)).data, statePath);
    for (const [name, size] of Object.entries(record.bytes)) await truncate(join(this.#folder, name), size);
    const best =
      record.best === undefined || record.bestUpdate === undefined
        ? undefined
        : { update: record.bestUpdate, w: (await readFloatNpy(join(this.#folder, record.best))).data };
    return { update: record.update, best, facts: record.facts };
  }

  #parse(path: string, text: string): z.infer<typeof checkpointSchema> & { readonly facts: F } {
    try {
      const json: unknown = JSON.parse(text);
      return { ...checkpointSchema.parse(json), facts: this.#facts.parse(json) };
    } catch (error) {
      throw new AsrError(
        'model',
        `${path}: not a checkpoint`,
        `Remove ${this.#folder} to train from the start.`,
        error,
      );
    }
  }
}
