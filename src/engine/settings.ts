// What the program has the engine's package do its own way, before anything of it is loaded.
import { throwAs } from '../../packages/engine/src/errors.js';
import { AsrError } from '../core/errors.js';

throwAs(AsrError);

// One name for all that users set (docs/dependencies.md).
const runtime = process.env['ASR_RUNTIME'];
if (runtime !== undefined) process.env['ENGINE_RUNTIME'] = runtime;
