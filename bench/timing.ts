// How numbers are taken: two sides in turn, several times, so that a busy machine slows both alike.
import { PeerMissing } from './peer-missing.js';

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

export interface PeerTaken extends Taken {
  /** Name and version. */
  readonly peer?: string;
}

export interface Duel {
  readonly ours: Taken;
  readonly peer: Taken | undefined;
  /** The peer's name and version, or `missing: ` and why. */
  readonly who: string | undefined;
}

const middle = (times: readonly Taken[]): Taken => ({
  ms: median(times.map(({ ms }) => ms)),
  cpuMs: median(times.map(({ cpuMs }) => cpuMs)),
});

/**
 * Medians of both sides, taken in turn. The first round of each warms up and does not count.
 * @param peer undefined = none is asked; what it throws makes it missing, never a time
 */
export async function alternate(
  ours: () => Promise<Taken>,
  peer: (() => Promise<PeerTaken>) | undefined,
  rounds: number,
): Promise<Duel> {
  const times: { ours: Taken[]; peer: Taken[] } = { ours: [], peer: [] };
  let who: string | undefined;
  let asked = peer;
  for (let round = 0; round <= rounds; round++) {
    const a = await ours();
    if (round > 0) times.ours.push(a);
    try {
      const b = await asked?.();
      if (!b) continue;
      who = b.peer;
      if (round > 0) times.peer.push(b);
    } catch (thrown) {
      if (!(thrown instanceof PeerMissing)) throw thrown;
      who = `missing: ${thrown.message}`;
      asked = undefined;
    }
  }
  const answered = asked !== undefined && times.peer.length > 0;
  return { ours: middle(times.ours), peer: answered ? middle(times.peer) : undefined, who };
}

/** What a line says of a duel. */
export const duelColumns = ({ ours: a, peer: b, who }: Duel): Readonly<Record<string, number | string | null>> => ({
  ms: rounded(a.ms),
  peerMs: b ? rounded(b.ms) : null,
  ratio: b ? rounded(b.ms / a.ms) : null,
  cpuMs: rounded(a.cpuMs),
  peerCpuMs: b ? rounded(b.cpuMs) : null,
  cpuRatio: b ? rounded(b.cpuMs / a.cpuMs) : null,
  ...(who === undefined ? {} : { peer: who }),
});

/** Three digits that count. */
export const rounded = (x: number): number => Number(x.toPrecision(3));
