// How long one thread of this process has computed. A limit by it is fair: other threads (those of a network's runtime
// compute while they wait, too) and other programs do not shorten it. Linux alone says
// so of a thread that does not answer.
import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** Of /proc: Linux reports in hundredths of a second to every program. */
const ticks = 100;

/** The system's number of the thread that calls; 0 where the system has none to give. */
export function ownThread(): number {
  try {
    return Number(basename(readlinkSync('/proc/thread-self'))) || 0;
  } catch {
    return 0;
  }
}

/** Seconds of computing of a thread of this process so far; undefined where that cannot be known. */
export function threadSeconds(thread: number): number | undefined {
  if (thread === 0) return undefined;
  try {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    // Its name, in parentheses, may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticks;
  } catch {
    return undefined;
  }
}
