// Progress of long loops: bars with time left on a terminal, a plain line every ten seconds elsewhere.
import cliProgress from 'cli-progress';
import type { Log, Progress, Terminal } from './log.js';
import { duration } from './readable.js';

export type { Progress } from './log.js';

const plainIntervalMs = 10_000;

export function startProgress(log: Log, label: string, total: number, unit: string): Progress {
  if (log.progress) return log.progress(label, total, unit);
  return log.terminal ? barsOf(log.terminal).start(label, total, unit) : plainProgress(log, label, total, unit);
}

const barsByTerminal = new WeakMap<Terminal, Bars>();

function barsOf(terminal: Terminal): Bars {
  const bars = barsByTerminal.get(terminal) ?? new Bars(terminal);
  barsByTerminal.set(terminal, bars);
  return bars;
}

/** Bars below each other, one for each loop that runs now; the log scrolls above them. */
class Bars {
  readonly #terminal: Terminal;
  #group: cliProgress.MultiBar | undefined;
  #running = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  start(label: string, total: number, unit: string): Progress {
    this.#group ??= this.#open();
    const group = this.#group;
    const bar = group.create(total, 0, { label, unit, note: '' });
    this.#running++;
    return {
      update: (done, note = '') => {
        bar.update(done, { note });
      },
      finish: () => {
        if (!bar.isActive) return;
        bar.stop();
        group.remove(bar);
        if (--this.#running === 0) this.#close(group);
      },
    };
  }

  #open(): cliProgress.MultiBar {
    const group = new cliProgress.MultiBar(
      {
        stream: this.#terminal.stream,
        format: '{label} {bar} {value}/{total} {unit}, {eta_formatted} left {note}',
        barsize: 24,
        hideCursor: null,
        clearOnComplete: true,
        gracefulExit: false,
      },
      cliProgress.Presets.shades_classic,
    );
    this.#terminal.above = (text) => {
      group.log(text);
    };
    return group;
  }

  #close(group: cliProgress.MultiBar): void {
    group.update(); // lines that wait to be shown
    group.stop();
    this.#terminal.above = undefined;
    this.#group = undefined;
  }
}

function plainProgress(log: Log, label: string, total: number, unit: string): Progress {
  const left = timeLeft(total);
  let lastLine = performance.now();
  return {
    update: (done, note = '') => {
      const now = performance.now();
      const seconds = left(done, now / 1000);
      if (now - lastLine < plainIntervalMs || done === 0) return;
      lastLine = now;
      const rest = seconds === undefined ? '' : `, ${duration(seconds)} left`;
      log.info(`${label} ${done}/${total} ${unit}${rest} ${note}`.trimEnd());
    },
    finish: () => undefined,
  };
}

/**
 * Estimates how long a loop still takes, from the pace since its first report: what came before that, models that are
 * loaded and processes that start, happens once.
 * @returns seconds; undefined until a hundredth of the work has followed the first report
 */
export function timeLeft(total: number): (done: number, now: number) => number | undefined {
  let first: { readonly done: number; readonly at: number } | undefined;
  return (done, now) => {
    first ??= { done, at: now };
    const made = done - first.done;
    return made > 0 && made >= total / 100 ? ((now - first.at) / made) * (total - done) : undefined;
  };
}
