// Utterances changed for training in a thread of their own: a step of the network blocks the thread it runs in, and the
// next utterances are made meanwhile. What comes out is the same.
import { availableParallelism } from 'node:os';
import { Rng } from '../core/rng.js';
import { WorkerPool } from '../core/worker-pool.js';
import type { TapedSpeech } from '../training/crop-tape.js';
import { augment, mask, type LabelledBands } from './augment.js';
import type { Changes } from './change-settings.js';
import { networkInput, type NetworkShape } from './network.js';

/** Some utterances, each with the state of its random stream, and how they are changed. */
export interface ChangeJob {
  readonly utterances: readonly LabelledBands[];
  readonly streams: readonly Rng['state'][];
  readonly changes: Changes;
  readonly form: Pick<NetworkShape, 'bands' | 'input'> & { readonly hopSeconds: number };
}

export interface Changer extends AsyncDisposable {
  change(job: ChangeJob): Promise<readonly TapedSpeech[]>;
}

export function changeAll({ utterances, streams, changes, form }: ChangeJob): TapedSpeech[] {
  return utterances.map((given, i) => {
    const rng = Rng.fromSeed(0);
    rng.restore(streams[i]!);
    const { rows, labels, data: changed } = augment(given, form.bands, changes, form.hopSeconds, rng);
    const data = networkInput(changed, form);
    mask(data, rows, form.bands, changes.masks, rng);
    return { data, rows, labels };
  });
}

/** @returns undefined where a thread gains nothing or cannot start: on one core, and where sources run as they are */
export async function openChanger(): Promise<Changer | undefined> {
  if (availableParallelism() === 1 || import.meta.url.endsWith('.ts')) return undefined;
  const pool = await WorkerPool.open<undefined, ChangeJob, never, readonly TapedSpeech[]>({
    script: new URL('./change-worker.js', import.meta.url),
    data: undefined,
    size: 1,
    name: 'changed speech',
    hint: 'Perhaps memory ran out.',
  });
  return { change: (job) => pool.run(job), [Symbol.asyncDispose]: () => pool.dispose() };
}
