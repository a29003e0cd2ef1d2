// How an encoder's matrices are kept; read by settings, so that naming them loads nothing else.

/** As they are stored, or rounded to half the size. Sums are float32 in any case. */
export const precisions = ['stored', 'float16'] as const;
export type Precision = (typeof precisions)[number];
