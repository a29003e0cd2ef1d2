// Models by name: what other folders use of the hub. fetch.ts, which downloads, is loaded by `asr fetch` alone.
export { existingModelPath, fetchedFolder, modelPath, parseModelName, shownName } from './cache.js';
export { knownEncoders } from './known.js';
