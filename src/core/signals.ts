// Signals to stop in, one that fires with the first of them out, for as long as some work lasts. AbortSignal.any leaves
// a reference to each of its signals with those that live on (Node 20 and 22): a server would grow by every request.

/** @returns what the work returns. @throws what the work throws */
export async function underSignals<T>(
  signals: readonly AbortSignal[],
  work: (first: AbortSignal) => T | Promise<T>,
): Promise<T> {
  const first = new AbortController();
  const stop = ({ target }: Pick<Event, 'target'>): void => {
    first.abort((target as AbortSignal).reason);
  };
  for (const signal of signals)
    if (signal.aborted) stop({ target: signal });
    else signal.addEventListener('abort', stop);
  try {
    return await work(first.signal);
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', stop);
  }
}
