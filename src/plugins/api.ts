// What a plug-in module is given: the schema library, one define function for each kind, and the helpers that built-in
// ways use themselves. Handed over, not imported by the module, so that both always speak of the same program.
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { definer, type Plugin } from '../core/plugins.js';
import type { StageDefinition } from '../core/stage.js';
import '../audio/layouts.js';
import { defineLayout } from '../audio/layouts/candidate.js';
import { defineExtractor } from '../features/extractor.js';
import { defineLoss } from '../gan/own-term.js';
import { defineMethod } from '../learn/method.js';
import '../learn/methods.js'; // as the others: what is built in has its name before any module can take it
import { finishedRun } from '../learn/run-folder.js';
import { tableRun } from '../learn/table-run.js';
import { definePronouncer } from '../text/pronounce.js';
import { segmentIpa } from '../text/ipa.js';
import { defineFormat } from '../transcribe/formats/table.js';

/** A stage of one's own: it runs when those that it reads are done, into a folder of its name in the run. */
export interface StagePlugin<S extends z.ZodObject = z.ZodObject> extends Plugin<'stage', S>, StageDefinition<S> {
  readonly name: string;
  readonly version: number;
  readonly config: S;
}

const defineExtraStage: <S extends z.ZodObject>(
  stage: StageDefinition<S> & { readonly summary: string },
) => StagePlugin<S> = definer('stage');

export const pluginApi = {
  z,
  AsrError,
  defineMethod,
  defineExtractor,
  definePronouncer,
  defineLayout,
  defineFormat,
  defineLoss,
  defineStage: defineExtraStage,
  /** For methods: a table from units to phones becomes a run that is judged and written. */
  tableRun,
  /** For methods: the run of this name, where an interrupted stage had finished it. */
  finishedRun,
  /** For pronouncers: the phones of IPA without blanks. */
  segmentIpa,
} as const;

/** The type of the argument of a plug-in module's default export. */
export type PluginApi = typeof pluginApi;
