// Equal neighbours once: what a path of labels says, however long each lasts.

/** @param of what items are compared by; themselves if left out */
export function withoutRepeats<T>(items: ArrayLike<T>, of: (item: T) => unknown = (item) => item): T[] {
  return Array.from(items).filter((item, i) => i === 0 || of(item) !== of(items[i - 1] as T));
}
