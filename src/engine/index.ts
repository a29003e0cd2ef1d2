// The engine as the program has it: a package of its own, packages/engine, that the rest of src/ imports from here.
import './settings.js';
export * from '../../packages/engine/src/index.js';
