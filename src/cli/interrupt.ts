// Ctrl-C as an AbortSignal: the first one lets the command stop where it is safe, the second one kills it.

/** Runs `work` with a signal that the first SIGINT or SIGTERM aborts. */
export async function withInterrupt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => {
    detach(); // the next one has its usual effect
    controller.abort();
  };
  const detach = (): void => { for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, stop); };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, stop);
  try {
    return await work(controller.signal);
  } finally {
    detach();
  }
}
