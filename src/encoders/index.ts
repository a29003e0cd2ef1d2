// Published encoders as graphs: the public face of this folder. families.ts is its table of contents.
export { families } from './families.js';
export { mapped, openPublished, outputName, usualBlock, type PublishedEncoder, type Wanted } from './published.js';
export { openWritten, writeEncoder, type WrittenEncoder } from './written.js';
export { largestGrid, type EncoderFacts, type EncoderGrid } from './family.js';
export { precisions, type Precision } from './precision.js';
