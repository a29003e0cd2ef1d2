// Which utterances k-means and PCA are fitted on: all, or of a large corpus some by chance that hold about so many
// rows, so that a fit costs no more processor time or reading with 960 hours than with twenty.
import type { Rng } from '../core/rng.js';

/**
 * Rows that a fit looks at where nothing else is set: 22 hours of segments, 5.6 of frames every 20 ms. Means of K
 * clusters found from n rows leave some 2 K / n more squared distance than those of all rows (128 clusters of segments
 * of Mboshi: .4, 1.5, 3.5 and 6.4 % at 32,000, 16,000, 8,000 and 4,000 of 64,000), .03 % here, where seeds differ by
 * .9 %; and faiss, which others fit with, takes 256 rows a cluster and 1,000 a column for principal components.
 */
export const usualFitRows = 1_000_000;

/**
 * @param rowsOf rows of one item
 * @param most about so many rows; the last item that is taken may hold more than was missing
 * @returns the items themselves where they hold no more; else a random choice in their order
 */
export function sampleToFit<T>(items: readonly T[], rowsOf: (item: T) => number, most: number, rng: Rng): readonly T[] {
  const total = items.reduce((sum, item) => sum + rowsOf(item), 0);
  if (total <= most) return items;
  const places = rng.shuffleInPlace(Array.from(items, (_, place) => place));
  let rows = 0;
  const taken = places.findIndex((place) => (rows += rowsOf(items[place] as T)) >= most) + 1;
  return places
    .slice(0, taken)
    .sort((a, b) => a - b)
    .map((place) => items[place] as T);
}

/** For the line that says what was fitted; '' where nothing was left out. */
export const chosenOf = <T>(taken: readonly T[], all: readonly T[]): string =>
  taken === all ? '' : `, of ${taken.length} of ${all.length} training utterances by chance`;
