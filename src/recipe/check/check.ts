// A recipe in, findings out, in seconds to a minute, before a night is spent on it. Nothing is written but into a
// temporary folder, which is removed.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AsrError, isFatal, toAsrError } from '../../core/errors.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../core/temporary-folder.js';
import { silentLog } from '../../core/log.js';
import { Rng } from '../../core/rng.js';
import { runStage, stageState } from '../../core/stage-run.js';
import { locateRecipe } from '../locate.js';
import { makePlan, stageOptions, type Plan } from '../plan.js';
import type { PlanOptions } from '../step.js';
import { unnamedPrepare } from '../prepare-step.js';
import { findingOf, type Finding } from './finding.js';
import { checkDisk, checkRates, checkSizes } from './fit.js';
import { checkLeak } from './leak.js';
import { listCorpus, measureSample, type MeasuredSample } from './sample.js';
import { checkRights } from './rights.js';
import { checkSound, expectedSeconds } from './sound.js';
import { checkSource, sourcesToCheck } from './sources.js';
import { checkText } from './text.js';
import { checkTools } from './tools.js';
import { trySound, tryText } from './trial.js';

export interface CheckOptions extends PlanOptions {
  /** Recordings to decode; fewer where time is up. */
  readonly sample?: number;
  /** What is being done, for a person who waits. */
  readonly onStep?: (what: string) => void;
}

const decodingMs = 25_000;

/**
 * Findings as they are made, tools first.
 * @throws AsrError 'usage' or 'config' where the recipe itself cannot be read
 */
export async function* checkRecipe(options: CheckOptions): AsyncGenerator<Finding> {
  const planned = await makePlan(options);
  if (!planned.steps.some(({ name }) => name === 'audio'))
    throw new AsrError(
      'usage',
      `recipe "${planned.config.name}" has no speech to check`,
      `Run it: asr run ${options.recipe}`,
    );
  const folder = await makeTemporaryFolder('asr-check');
  try {
    yield* findings(planned, folder, options);
  } finally {
    await removeTemporaryFolder(folder);
  }
}

async function* findings(planned: Plan, folder: string, options: CheckOptions): AsyncGenerator<Finding> {
  const step = options.onStep ?? (() => undefined);
  const rng = Rng.fromSeed(planned.config.seed).fork('check');
  if (unnamedPrepare(locateRecipe(options.recipe)) && planned.config.prepare === '')
    yield findingOf(
      'corpus',
      'prepare.js lies beside the recipe, which does not name it: it is not run',
      { warning: true },
      'A program runs only where the recipe names it.',
      'Write `prepare: prepare.js` into the recipe if it shall make the corpus; read it first.',
    );
  yield checkRights(planned.config.rights);
  step('preparing the corpus');
  const plan = yield* attempt('corpus', () => prepared(planned, folder));
  if (!plan) return;
  const { config } = plan;
  const data = plan.steps[0]?.data ?? '.';
  step('listing recordings');
  const listing = yield* attempt('recordings', () =>
    listCorpus(config.audio, data, options.sample ?? 80, rng.fork('sample')),
  );
  step('decoding a sample');
  const sample =
    (listing &&
      (yield* attempt('decoding', () => measureSample(listing.drawn, config.vad, rng.fork('order'), decodingMs)))) ??
    ({ recordings: [], failures: [] } satisfies MeasuredSample);
  const plain =
    sample.recordings.length > 0 &&
    listing?.drawn.every(({ path }) => /\.(wav|wave|sph|flac)$/i.test(path)) === true &&
    sample.failures.length === 0;
  yield* await checkTools(config, !plain);
  if (listing) yield* checkSound(listing, sample, config.vad);
  step('reading the text');
  const path = resolve(data, config.text.file);
  const spoken = yield* attempt('text', async () => {
    if (!existsSync(path))
      throw new AsrError('input', `${path}: no such text`, 'Check text.file; its path is relative to the data folder.');
    await tryText(plan, folder);
    return checkText(join(folder, 'text'), path, config.text, rng.fork('parts'));
  });
  if (spoken) {
    yield* spoken;
    const place = { config, data, text: join(folder, 'text') };
    for (const [n, source] of sourcesToCheck(config).entries()) {
      step('looking at sources of speech');
      const found = yield* attempt('sources', () => checkSource(source, { ...place, rng: rng.fork(`source ${n}`) }));
      if (found) yield found;
    }
  }
  if (existsSync(path)) yield* (yield* attempt('references', () => checkLeak(config, data, path))) ?? [];
  // Without speech there is nothing to cut; that was said above.
  if (!spoken || !listing || !sample.recordings.some(({ speech }) => speech >= config.vad.minSpeech)) return;
  step('cutting segments');
  const trial = yield* attempt('segments', () => trySound(plan, sample.recordings, folder));
  if (!trial) return;
  const expected = expectedSeconds(listing, sample);
  yield* checkRates(trial);
  yield* checkSizes(
    config,
    trial,
    ((trial.utterances / Math.max(1e-9, trial.seconds)) * expected.sound * listing.train) /
      (listing.train + listing.test),
    expected.trainSpeech,
  );
  yield await checkDisk(plan.run, folder, trial, expected.sound, path);
}

/** The plan with its corpus made: that of the run where it is up to date, else one in the temporary folder. */
async function prepared(plan: Plan, folder: string): Promise<Plan> {
  const [first] = plan.steps;
  if (first?.name !== 'corpus') return { ...plan };
  const stage = await first.load();
  const options = stageOptions(plan, first, silentLog);
  if ((await stageState(stage, options)).upToDate) return { ...plan, steps: plan.steps.slice(1) };
  const out = join(folder, 'corpus');
  await runStage(stage, { ...options, out });
  return { ...plan, steps: plan.steps.slice(1).map((other) => ({ ...other, data: out })) };
}

/** An error of what is checked is a finding; one of the machine is not. */
async function* attempt<T>(about: string, work: () => Promise<T>): AsyncGenerator<Finding, T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    const error = toAsrError(thrown);
    if (isFatal(error) && error.code !== 'dependency') throw error;
    yield findingOf(
      about,
      error.message,
      { problem: true },
      'The run would stop here.',
      error.hint ?? 'Mend it, and check again.',
    );
    return undefined;
  }
}
