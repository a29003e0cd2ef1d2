// Several slow jobs at once, their results in the order of the input: starting ffmpeg takes longer than
// decoding a short file, so the cores are kept busy without giving up a repeatable output.

/** Runs `job` on up to `width` items at a time and yields results in input order; stops at the first error. */
export async function* inOrder<T, R>(
  items: AsyncIterable<T>,
  width: number,
  job: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const result = job(item);
      result.catch(() => undefined); // awaited below; until then a failure is not "unhandled"
      running.push(result);
      if (running.length >= width) yield await (running.shift() as Promise<R>);
    }
    while (running.length > 0) yield await (running.shift() as Promise<R>);
  } finally {
    await Promise.allSettled(running);
  }
}
