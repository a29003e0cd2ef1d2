// Checkpoints as they are published: tables of tensors whose numbers are read when they are wanted.
// Nothing in a file is ever executed.
export { findWeights, openCheckpoint, type PublishedCheckpoint, type PlainValue } from './checkpoint.js';
export {
  countOf,
  isRowMajor,
  readStretch,
  readTensor,
  storedBytes,
  stretchOf,
  type StoredTensor,
} from './stored-tensor.js';
