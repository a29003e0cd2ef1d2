// What the emission model needs of one utterance after the other, joined by id from the folders of earlier
// stages. All of them keep the order of the utterance manifest, so they are read side by side as streams.
import { readUnits, unitsPath } from '../clusters/folder.js';
import { AsrError, driveProblem } from '../core/errors.js';
import type { Utterance } from '../core/records.js';
import { indexPath, NonFiniteError, ShardReader } from '../core/shards.js';
import { divideManifest, type ByteRange, type Stretch } from '../core/stretches.js';
import { framesFolder, openFrames } from '../features/folder.js';
import type { EmissionInput } from '../learn/emission.js';
import { boundariesPath, openPooled, pooledFolder, readBoundaries } from '../segments/folder.js';
import { readUtterances, utterancesPath } from '../vad/folder.js';

export interface InputFolders {
  readonly vad: string;
  readonly segments: string;
  readonly clusters: string;
  readonly features: string;
}

/** Stretches of so many utterances, with what `decodeItems` wants to know of them. */
export function divideForDecoding(
  folders: InputFolders,
  withFrames: boolean,
  size: number,
): Promise<(Stretch & { readonly name: string })[]> {
  const others = [
    boundariesPath(folders.segments),
    unitsPath(folders.clusters),
    indexPath(pooledFolder(folders.segments)),
    ...(withFrames ? [indexPath(framesFolder(folders.features))] : []),
  ];
  return divideManifest(
    utterancesPath(folders.vad),
    others.map((path) => ({ path })),
    size,
  );
}

/** An utterance with its segments; without any, and told why, where there are none to decode. */
export type DecodeItem =
  | { readonly utterance: Utterance; readonly input: EmissionInput }
  | { readonly utterance: Utterance; readonly input: undefined; readonly problem: string };

const leftOut = 'an earlier stage left it out (see its skipped.jsonl)';

/**
 * Every utterance of the vad folder, or of a stretch of it, in its order.
 * @param withFrames also reads the normalised frames
 * @param wanted told of the id; what belongs to others is not read
 * @param bytes as `divideForDecoding` has them
 * @throws AsrError 'input' when the folders do not belong together
 */
export async function* decodeItems(
  folders: InputFolders,
  withFrames: boolean,
  wanted: (id: string) => boolean = () => true,
  bytes: readonly ByteRange[] = [],
): AsyncGenerator<DecodeItem> {
  const [utterances, ends, named, pooledBytes, frameBytes] = bytes;
  const pooled = await openPooled(folders.segments, pooledBytes);
  const frames = withFrames ? await openFrames(folders.features, frameBytes) : undefined;
  const boundaries = new RecordsInOrder(boundariesPath(folders.segments), readBoundaries(folders.segments, ends));
  const units = new RecordsInOrder(unitsPath(folders.clusters), readUnits(folders.clusters, named));
  try {
    for await (const utterance of readUtterances(folders.vad, utterances)) {
      const { id } = utterance;
      const cut = await boundaries.take(id);
      const own = await units.take(id);
      if (!wanted(id)) continue;
      if (!cut || !own || cut.ends.length === 0) {
        yield { utterance, input: undefined, problem: leftOut };
        continue;
      }
      try {
        const { data, rows, columns } = await pooled.read(id);
        const read = {
          pooled: data,
          segments: rows,
          columns,
          units: own.units,
          ends: cut.ends,
          ...(frames ? { frames: await framesOf(frames, id) } : {}),
        };
        yield { utterance, input: read };
      } catch (thrown) {
        const problem = thrown instanceof NonFiniteError ? thrown : driveProblem(thrown);
        yield { utterance, input: undefined, problem: problem.message };
      }
    }
    await boundaries.expectEnd();
    await units.expectEnd();
  } finally {
    await boundaries.close();
    await units.close();
    await pooled.close();
    await frames?.close();
  }
}

async function framesOf(frames: ShardReader, id: string): Promise<NonNullable<EmissionInput['frames']>> {
  const { data, rows, columns } = await frames.read(id);
  return { data, rows, dim: columns };
}

/** A manifest read along another one that has all of its ids in the same order. */
export class RecordsInOrder<T extends { readonly id: string }> {
  readonly #path: string;
  readonly #records: AsyncGenerator<T>;
  #next: Promise<IteratorResult<T, unknown>> | undefined;

  /** @param path of the records, for messages */
  constructor(path: string, records: AsyncGenerator<T>) {
    this.#path = path;
    this.#records = records;
  }

  /** The record of this id, or undefined when the manifest goes on with another. */
  async take(id: string): Promise<T | undefined> {
    const next = await (this.#next ??= this.#records.next());
    if (next.done === true || next.value.id !== id) return undefined;
    this.#next = undefined;
    return next.value;
  }

  async expectEnd(): Promise<void> {
    const next = await (this.#next ??= this.#records.next());
    if (next.done !== true)
      throw new AsrError(
        'input',
        `${this.#path}: "${next.value.id}" is not in the utterances, or not in their order`,
        'The folders come from different runs; run the stages again from vad on.',
      );
  }

  async close(): Promise<void> {
    await this.#records.return(undefined);
  }
}
