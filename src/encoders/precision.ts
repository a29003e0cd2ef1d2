// How an encoder's matrices are kept; read by settings, so that naming them loads nothing else.

/**
 * As they are stored; rounded to half the size, with sums in float32; or matrices of linear layers in 8 bits,
 * multiplied as whole numbers, and all else in half the size.
 */
export const precisions = ['stored', 'float16', 'int8'] as const;
export type Precision = (typeof precisions)[number];
