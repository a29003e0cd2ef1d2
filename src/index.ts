// The public API: load a model, transcribe, run recipes, score hypotheses.
export { AsrError, type ErrorCode } from './core/errors.js';
export { createLog, silentLog, type Log } from './core/log.js';
export { loadModel, type Model, type RecogniseOptions } from './transcribe/model.js';
export type { Listener, LiveEvent, LiveOptions } from './transcribe/live.js';
export { liveSound, type LiveSoundOptions, type RawSound } from './audio/live-sound.js';
export {
  transcribe,
  transcribeStream,
  type RecordingEnd,
  type SoundSource,
  type TranscribeOptions,
} from './transcribe/transcribe.js';
export {
  transcriptSchema,
  transcriptVersion,
  type RecognisedUtterance,
  type TranscribedPhone,
  type TranscribedUtterance,
  type TranscribedWord,
  type Transcript,
} from './transcribe/transcript.js';
export { formatNames, formatTranscript, type FormatName } from './transcribe/formats/table.js';
export { makePlan, planStates, type Plan } from './recipe/plan.js';
export { type PlanOptions } from './recipe/step.js';
export { runPlan, type FinishedStage } from './recipe/run.js';
export { stages, stageNames, type StageEntry } from './stages.js';
export type { PluginApi } from './plugins/api.js';
