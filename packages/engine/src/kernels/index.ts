// The kernel table: every kernel the engine can trace, by its tfjs name or, where tfjs
// has none, our own; one file per group.
import type { KernelTable } from '../kernel.js';
import { binary } from './binary.js';
import { indexing } from './indexing.js';
import { linear } from './linear.js';
import { logical } from './logical.js';
import { reduction } from './reduction.js';
import { shape } from './shape.js';
import { unary } from './unary.js';
import { windows } from './windows.js';

export const kernels: KernelTable = {
  ...unary,
  ...binary,
  ...logical,
  ...reduction,
  ...shape,
  ...linear,
  ...indexing,
  ...windows,
};
