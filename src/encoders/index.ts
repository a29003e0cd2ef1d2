// Published encoders as graphs: the public face of this folder. families.ts is its table of contents.
export { mapped, openPublished, outputName, usualBlock } from './published.js';
export { openWritten, writeEncoder } from './written.js';
export { largestGrid, type EncoderFacts } from './family.js';
