// The public API: load a model, transcribe files, run recipes, score hypotheses.
export { AsrError, type ErrorCode } from './core/errors.js';
export { createLog, silentLog, type Log } from './core/log.js';
export { loadModel, type Model } from './transcribe/model.js';
export { transcribeFile, type Transcript, type TranscribedPhone } from './transcribe/transcribe.js';
export { makePlan, planStates, type Plan, type PlanOptions } from './recipe/plan.js';
export { runPlan, type FinishedStage } from './recipe/run.js';
export { stages, stageNames, type StageEntry } from './stages.js';
