// What a run and its worker processes say to each other, and a log and progress bars that travel by it. Errors lose
// their class between processes, so they are taken apart and put together again here.
import type { Failure } from '../core/failure.js';
import type { Log, LogLevel, Progress } from '../core/log.js';
import type { PieceWork } from '../core/pieces.js';

export type Order =
  | { readonly kind: 'piece'; readonly work: PieceWork; readonly name: string }
  | { readonly kind: 'stage'; readonly work: PieceWork; readonly force: boolean; readonly shardItems: number }
  | { readonly kind: 'abort' };

export type Answer =
  | { readonly kind: 'ready' | 'done' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string }
  | {
      readonly kind: 'start';
      readonly bar: number;
      readonly label: string;
      readonly total: number;
      readonly unit: string;
    }
  | { readonly kind: 'update'; readonly bar: number; readonly done: number; readonly note: string }
  | { readonly kind: 'finish'; readonly bar: number };

const barIntervalMs = 100;

/** A log whose lines and bars appear in the process at the other end. */
export function remoteLog(tell: (answer: Answer) => void, withBars: boolean): Log {
  let bars = 0;
  const progress = (label: string, total: number, unit: string): Progress => {
    const bar = bars++;
    let told = 0;
    tell({ kind: 'start', bar, label, total, unit });
    return {
      update: (done, note = '') => {
        const now = performance.now();
        if (now - told < barIntervalMs) return;
        told = now;
        tell({ kind: 'update', bar, done, note });
      },
      finish: () => {
        tell({ kind: 'finish', bar });
      },
    };
  };
  const scoped = (scope: string): Log => {
    const at =
      (level: LogLevel) =>
      (message: string): void => {
        tell({ kind: 'log', level, message: `${scope}${message}` });
      };
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      terminal: undefined,
      child: (name) => scoped(`${scope}${name}: `),
      ...(withBars ? { progress } : {}),
    };
  };
  return scoped('');
}
