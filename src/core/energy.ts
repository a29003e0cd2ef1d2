// What a piece of work took in energy: joules of the processor where Linux lets its counters be read (RAPL under
// /sys/class/powercap, the whole machine with all that runs beside), else an estimate from seconds of computing. Never
// part of any hash: it is never twice the same. Graphics cards, memory and the power supply's losses are not in it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Assumed of a core that computes, where nothing can be read: a server's 100 to 250 W over its 10 to 25 busy cores. */
export const wattsPerCore = 10;

export const energySchema = z.object({
  /** Seconds of computing of this process and those that it started, over all threads. */
  cpuSeconds: z.number(),
  joules: z.number(),
  /** `rapl`: read from the processor; `estimate`: cpuSeconds times the watts assumed for a core. */
  source: z.enum(['rapl', 'estimate']),
});
export type EnergyUse = z.infer<typeof energySchema>;

interface Counter {
  readonly path: string;
  /** At which it begins anew, in microjoules. */
  readonly range: number;
}

const system = '/sys/class/powercap';
/** A counter of 262 kJ goes round in 17 minutes at 250 W. */
const lookEvery = 60_000;
const ticks = 100;

export class EnergyMeter {
  readonly #counters: readonly Counter[];
  readonly #cpu = cpuSeconds();
  readonly #timer: NodeJS.Timeout | undefined;
  #last: readonly number[] | undefined;
  #microjoules = 0;

  /** @param root where the counters of powercap lie */
  constructor(root = system) {
    this.#counters = countersIn(root);
    this.#last = readAll(this.#counters);
    if (this.#last) this.#timer = setInterval(() => this.#look(), lookEvery).unref();
  }

  /** What was used since it was made. */
  stop(): EnergyUse {
    clearInterval(this.#timer);
    this.#look();
    const used = Math.max(0, cpuSeconds() - this.#cpu);
    return this.#last
      ? { cpuSeconds: used, joules: this.#microjoules / 1e6, source: 'rapl' }
      : { cpuSeconds: used, joules: used * wattsPerCore, source: 'estimate' };
  }

  #look(): void {
    const before = this.#last;
    if (!before) return;
    const now = readAll(this.#counters);
    this.#last = now;
    for (const [i, { range }] of this.#counters.entries()) {
      const step = (now?.[i] ?? 0) - (before[i] ?? 0);
      if (now) this.#microjoules += step < 0 ? step + range : step;
    }
  }
}

/** Processor packages alone: cores and memory are parts of them, and `psys` holds them once more. */
function countersIn(root: string): Counter[] {
  try {
    return readdirSync(root)
      .filter((name) => /^intel-rapl:\d{1,4}$/.test(name))
      .filter((name) => readFileSync(join(root, name, 'name'), 'utf8').startsWith('package'))
      .map((name) => ({
        path: join(root, name, 'energy_uj'),
        range: Number(readFileSync(join(root, name, 'max_energy_range_uj'), 'utf8')),
      }));
  } catch {
    return [];
  }
}

/** @returns undefined where there is none, or none that this user may read (most systems: root alone) */
function readAll(counters: readonly Counter[]): number[] | undefined {
  if (counters.length === 0) return undefined;
  try {
    const values = counters.map(({ path }) => Number(readFileSync(path, 'utf8')));
    return values.every(Number.isFinite) ? values : undefined;
  } catch {
    return undefined;
  }
}

function cpuSeconds(): number {
  const { user, system: kernel } = process.cpuUsage();
  return (user + kernel) / 1e6 + childSeconds();
}

/** Of worker processes, those that ended and those that run; 0 on systems that do not say. */
function childSeconds(): number {
  try {
    const [, , ...ended] = timesOf('self');
    const running = readdirSync('/proc/self/task')
      .flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' '))
      .filter((pid) => pid.trim() !== '')
      .flatMap(timesOf);
    return [...ended, ...running].reduce((sum, value) => sum + value, 0) / ticks;
  } catch {
    return 0;
  }
}

/** Ticks of the process and of its ended children: utime, stime, cutime, cstime. */
function timesOf(pid: string): number[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).map(Number);
}

/** As a person reads it, with where it is from. */
export function describeEnergy(uses: readonly EnergyUse[]): Readonly<Record<'value' | 'note', string>> {
  const joules = uses.reduce((sum, use) => sum + use.joules, 0);
  const value = joules < 3.6e4 ? `${(joules / 1e3).toPrecision(2)} kJ` : `${(joules / 3.6e6).toPrecision(2)} kWh`;
  return uses.every(({ source }) => source === 'rapl')
    ? { value, note: 'of the processor, all that ran on the machine counted' }
    : { value: `about ${value}`, note: `estimated: ${wattsPerCore} W for each core that computes, nothing else` };
}
