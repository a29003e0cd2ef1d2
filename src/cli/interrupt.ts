// Ctrl-C as an AbortSignal: the first one lets the command stop where it is safe, the second one kills it, and so do
// ten seconds in which it finds no safe place.

const graceMs = 10_000;

/** Runs `work` with a signal that the first SIGINT or SIGTERM aborts. */
export async function withInterrupt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let late: NodeJS.Timeout | undefined;
  const stop = (name: NodeJS.Signals): void => {
    detach(); // the next one has its usual effect
    late = setTimeout(() => {
      process.kill(process.pid, name);
    }, graceMs).unref();
    controller.abort();
  };
  const detach = (): void => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, stop);
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, stop);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(late);
    detach();
  }
}
