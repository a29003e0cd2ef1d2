// One process of the fuzz: makes the inputs it is told to make and reads them. Whatever kills it is a finding.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toAsrError } from '../../src/core/errors.js';
import { Rng } from '../../src/core/rng.js';
import { babble, makeSmallModel } from '../../test/transcribe/small-model.js';
import { checkpointTargets } from './checkpoints.js';
import { modelTargets } from './models.js';
import { damaged, unharmed } from './mutate.js';
import { soundTargets } from './sounds.js';
import { textTargets } from './texts.js';
import type { Target } from './target.js';

export type Verdict =
  | { readonly kind: 'ready'; readonly shares: readonly { readonly name: string; readonly share: number }[] }
  | { readonly kind: 'begins' }
  | {
      readonly kind: 'ends';
      /** What was thrown: undefined where the input was read. */
      readonly code: string | undefined;
      readonly message: string;
      /** Bytes: the most memory this process has had. */
      readonly peak: number;
      readonly stack: string | undefined;
    };
export interface Task {
  readonly target: string;
  readonly index: number;
}

const [scratch = '', seed = '1'] = process.argv.slice(2);
const tell = (verdict: Verdict): Promise<void> =>
  new Promise((done) => {
    process.send?.(verdict, () => {
      done();
    });
  });

async function smallModels(folder: string): Promise<string[]> {
  const kinds = [
    { kind: 'table' },
    { kind: 'hmm' },
    { kind: 'generator' },
    { kind: 'hmm', words: true },
    { kind: 'table', encoder: true },
  ] as const;
  const made: string[] = [];
  for (const [i, options] of kinds.entries()) {
    const model = join(folder, `model-${i}`);
    await makeSmallModel(model, options);
    made.push(model);
  }
  return made;
}

const targets: readonly Target[] = [
  ...textTargets,
  ...soundTargets,
  ...checkpointTargets,
  ...(await modelTargets(smallModels, join(scratch, 'good'), babble(1.2))),
];
const folder = join(scratch, 'input');
/** Inputs that are left as they are: the bench itself may be wrong. */
const shareOfGood = 0.04;

process.on('message', (task: Task) => {
  void (async () => {
    const target = targets.find(({ name }) => name === task.target)!;
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const rng = Rng.fromSeed(seed).fork(target.name).fork(task.index);
    const good = rng.fork('good').uniform() < shareOfGood;
    const read = await target.prepare(folder, rng, good ? unharmed : damaged);
    await tell({ kind: 'begins' });
    let error: Error | undefined;
    try {
      await read();
    } catch (thrown) {
      error = thrown instanceof Error ? thrown : new Error(String(thrown));
    }
    const told = error && toAsrError(error);
    const refused = good && told !== undefined && told.code !== 'internal';
    await tell({
      kind: 'ends',
      code: refused ? 'internal' : told?.code,
      message: told?.message ?? '',
      peak: process.resourceUsage().maxRSS * 1024,
      stack: refused
        ? `a good input was refused: ${told.message}`
        : told?.code === 'internal'
          ? error?.stack
          : undefined,
    });
  })();
});
process.on('disconnect', () => process.exit(0));
await tell({ kind: 'ready', shares: targets.map(({ name, share }) => ({ name, share })) });
