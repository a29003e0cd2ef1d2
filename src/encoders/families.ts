// The table of contents of published encoders: which families there are, by the model_type of config.json.
import { data2vec } from './data2vec.js';
import type { FamilyReader } from './family.js';
import { hubert } from './hubert.js';
import { wav2vec2Bert } from './wav2vec2-bert.js';
import { unispeechSat, wav2vec2 } from './wav2vec2.js';
import { wavlm } from './wavlm.js';
import { whisper } from './whisper.js';

export const families: Readonly<Record<string, FamilyReader>> = {
  wav2vec2,
  hubert,
  wavlm,
  'data2vec-audio': data2vec,
  'unispeech-sat': unispeechSat,
  'wav2vec2-bert': wav2vec2Bert,
  whisper,
};

export const countNames = (): string => Object.keys(families).join(', ');
