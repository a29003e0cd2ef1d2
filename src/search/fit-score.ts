// The score that is added for every phone, fitted until as many phones come out as are wanted: more of it, more phones;
// and so for words outside a list.
// Whoever searches says what comes out; here it is decided what to try next.

export interface ScoreFit<T> {
  readonly score: number;
  /** What was made of this try. */
  readonly made: T;
}

export interface ScoreFitOptions {
  /** First try. */
  readonly start: number;
  /** Nothing outside is tried. */
  readonly least?: number;
  readonly most?: number;
  /** Errors that are near enough. */
  readonly enough?: number;
}

const tries = 8;
/** By how much a log length grows with the score, about. */
const usualSlope = 0.12;
const largestStep = 3;

/**
 * @param attempt what a score gives, and ln(phones found / phones wanted) of it
 * @returns the try that came nearest, of at most eight
 */
export async function fitScore<T>(
  attempt: (score: number) => Promise<{ readonly made: T; readonly error: number }>,
  { start, least = -Infinity, most = Infinity, enough = 0.008 }: ScoreFitOptions,
): Promise<ScoreFit<T>> {
  let [low, high]: (Point | undefined)[] = [];
  let best: (ScoreFit<T> & Point) | undefined;
  let at = Math.min(most, Math.max(least, start));
  for (let n = 0; n < tries; n++) {
    const { made, error } = await attempt(at);
    const point = { score: at, error, made };
    if (!best || Math.abs(error) < Math.abs(best.error)) best = point;
    if (Math.abs(error) < enough || (error < 0 && at >= most) || (error > 0 && at <= least)) break;
    if (error < 0) low = point;
    else high = point;
    const next = low && high ? between(low, high) : at - clip(error / usualSlope);
    at = Math.min(most, Math.max(least, next));
  }
  return best as ScoreFit<T>;
}

interface Point {
  readonly score: number;
  /** ln(found / wanted) */
  readonly error: number;
}

const clip = (step: number): number => Math.max(-largestStep, Math.min(largestStep, step));

/** Where a straight line crosses zero, kept off the ends so that the range always shrinks. */
function between(low: Point, high: Point): number {
  const share = -low.error / (high.error - low.error);
  return low.score + Math.max(0.1, Math.min(0.9, share)) * (high.score - low.score);
}
