// How numbers are taken: two sides in turn, several times, so that a busy machine slows both alike.

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
};

/** Milliseconds of one call: by the clock, and of processor time over all threads of the process. */
export interface Taken {
  readonly ms: number;
  readonly cpuMs: number;
}

export async function timed(run: () => Promise<unknown> | void): Promise<Taken> {
  const start = performance.now();
  const used = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(used);
  return { ms: performance.now() - start, cpuMs: (user + system) / 1000 };
}

export interface Duel {
  readonly ours: Taken;
  readonly peer: Taken | undefined;
}

const middle = (times: readonly Taken[]): Taken => ({
  ms: median(times.map(({ ms }) => ms)),
  cpuMs: median(times.map(({ cpuMs }) => cpuMs)),
});

/** Medians of both sides, taken in turn. The first round of each warms up and does not count. */
export async function alternate(
  ours: () => Promise<Taken>,
  peer: (() => Promise<Taken>) | undefined,
  rounds: number,
): Promise<Duel> {
  const times: { ours: Taken[]; peer: Taken[] } = { ours: [], peer: [] };
  for (let round = 0; round <= rounds; round++) {
    const a = await ours();
    const b = await peer?.();
    if (round === 0) continue;
    times.ours.push(a);
    if (b) times.peer.push(b);
  }
  return { ours: middle(times.ours), peer: times.peer.length > 0 ? middle(times.peer) : undefined };
}

/** Three digits that count. */
export const rounded = (x: number): number => Number(x.toPrecision(3));
