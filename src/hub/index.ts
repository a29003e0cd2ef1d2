// Models by name: what other folders use of the hub. fetch.ts, which downloads, is loaded by `asr fetch` alone.
export { existingModelPath, fetchedFolder, modelPath, parseModelName, shownName, type ModelName } from './cache.js';
export { knownEncoders, type KnownEncoder } from './known.js';
