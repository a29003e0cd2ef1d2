// How every stage of a run grows with its corpus: hours of simulated sound through stage after stage, each in a process
// of its own; seconds, processor time, peak memory and disk, the power of the hours that time grows with, and what 960
// hours would take. One row a stage.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { folderBytes } from '../src/report/pipeline.js';
import { readStageRecord } from '../src/core/stage-run.js';
import { rounded } from './timing.js';
import { writeWork, type WorkSize } from './work.js';

export interface HoursOptions {
  readonly hours: readonly number[];
  readonly size: Omit<WorkSize, 'hours'>;
  readonly stages: readonly string[];
  /** Kept and continued where it is there; a temporary one without it. */
  readonly folder: string | undefined;
  /** `key=value`, as `asr run --set` takes them. */
  readonly set: readonly string[];
}

/** As the command line has them. */
export type HoursAsked = Record<'hours' | 'seconds' | 'sentences' | 'columns' | 'stages', string> & {
  readonly folder?: string;
  readonly set?: readonly string[];
};

export const hoursOptions = (asked: HoursAsked): HoursOptions => ({
  hours: asked.hours.split(',').map(Number),
  size: {
    seconds: Number(asked.seconds),
    sentences: Number(asked.sentences),
    columns: Number(asked.columns),
  },
  stages: asked.stages.split(','),
  folder: asked.folder === undefined ? undefined : resolve(asked.folder),
  set: asked.set ?? [],
});

export interface HoursLine {
  readonly [name: string]: string | number | null;
}

/** What LibriSpeech has, which papers train on. */
const wantedHours = 960;

interface Taken {
  readonly hours: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  readonly diskMiB: number;
}

export async function* benchHours(options: HoursOptions): AsyncGenerator<HoursLine> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'asr-hours-')));
  try {
    const taken = new Map<string, Taken[]>();
    for (const hours of options.hours) {
      const place = join(folder, `${hours}h`);
      await mkdir(place, { recursive: true });
      const recipe = await writeWork(place, { ...options.size, hours });
      for (const stage of options.stages) {
        const one = await runOne(recipe, join(place, 'run'), stage, options.set);
        taken.set(stage, [...(taken.get(stage) ?? []), { hours, ...one }]);
        yield { name: `${stage}, ${hours} h`, ...one };
      }
    }
    if (options.hours.length > 1) for (const [stage, all] of taken) yield growthOf(stage, all);
  } finally {
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function runOne(
  recipe: string,
  run: string,
  stage: string,
  set: readonly string[],
): Promise<Omit<Taken, 'hours'>> {
  const out = join(run, stage);
  if (!existsSync(join(out, 'stage.json'))) {
    const program = join(import.meta.dirname, '..', '..', 'bin', 'asr.js');
    const settings = set.flatMap((assignment) => ['--set', assignment]);
    // The front end of wide frames is a module of the recipe.
    const args = [program, 'run', recipe, '--run', run, '--from', stage, '--to', stage, '--jobs', '1', '--allow-code'];
    const child = spawn(process.execPath, [...args, ...settings], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000);
    });
    await once(child, 'close');
    // A run that did not converge ends with a code of its own, and its stage is there.
    if (!existsSync(join(out, 'stage.json'))) throw new Error(`${stage} failed:\n${said}`);
  }
  const record = await readStageRecord(out);
  return {
    seconds: rounded(record?.seconds ?? NaN),
    cpuSeconds: rounded(record?.energy?.cpuSeconds ?? NaN),
    peakMiB: record?.peakMiB ?? NaN,
    diskMiB: rounded((await folderBytes(out)) / 2 ** 20),
  };
}

/** From the last two sizes: what is spent once does not count where the larger one dwarfs it. */
function growthOf(stage: string, all: readonly Taken[]): HoursLine {
  const [small, large] = all.slice(-2) as [Taken, Taken];
  const further = (of: (one: Taken) => number): number =>
    of(large) + ((of(large) - of(small)) / (large.hours - small.hours)) * (wantedHours - large.hours);
  const power = Math.log(large.cpuSeconds / small.cpuSeconds) / Math.log(large.hours / small.hours);
  const cpuHours = further(({ cpuSeconds }) => cpuSeconds) / 3600;
  return {
    name: `${stage}, power of the hours and ${wantedHours} h by the last two`,
    power: rounded(power),
    // Where time grows faster than the corpus, a line through two sizes would promise too much.
    cpuHours: rounded(power > 1.1 ? (large.cpuSeconds / 3600) * (wantedHours / large.hours) ** power : cpuHours),
    // Not drawn out to 960 hours: what is kept up to some bound still grows in small corpora.
    MiBPerHour: rounded((large.peakMiB - small.peakMiB) / (large.hours - small.hours)),
    diskMiB: Math.round(further(({ diskMiB }) => diskMiB)),
  };
}
