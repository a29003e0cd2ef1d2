// Progress of a long loop: a bar with time left on a terminal, a plain line every ten seconds elsewhere.
import cliProgress from 'cli-progress';
import type { Log } from './log.js';

export interface Progress {
  /** `done` items are finished; `note` is a short live figure, for instance the loss. */
  update(done: number, note?: string): void;
  finish(): void;
}

const plainIntervalMs = 10_000;

export function startProgress(log: Log, label: string, total: number, unit: string): Progress {
  return log.terminal ? barProgress(log.terminal, label, total, unit) : plainProgress(log, label, total, unit);
}

function barProgress(stream: NodeJS.WriteStream, label: string, total: number, unit: string): Progress {
  const bar = new cliProgress.SingleBar({
    stream,
    format: `${label} {bar} {value}/{total} ${unit}, {eta_formatted} left {note}`,
    barsize: 24,
    hideCursor: null,
    clearOnComplete: true,
  }, cliProgress.Presets.shades_classic);
  bar.start(total, 0, { note: '' });
  return {
    update: (done, note = '') => { bar.update(done, { note }); },
    finish: () => { bar.stop(); },
  };
}

function plainProgress(log: Log, label: string, total: number, unit: string): Progress {
  const started = performance.now();
  let lastLine = started;
  return {
    update: (done, note = '') => {
      const now = performance.now();
      if (now - lastLine < plainIntervalMs || done === 0) return;
      lastLine = now;
      const left = ((now - started) / done) * (total - done) / 1000;
      log.info(`${label} ${done}/${total} ${unit}, ${left.toFixed(0)} s left ${note}`.trimEnd());
    },
    finish: () => undefined,
  };
}
