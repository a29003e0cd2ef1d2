// What the vad stage can be told: how speech is told from silence, and how long an utterance may get.
import { z } from 'zod';
import { section } from '../core/config.js';

export const vadConfig = z.object({
  method: z
    .enum(['energy', 'silero', 'none'])
    .default('energy')
    .describe(
      'energy: loud frames with hangover; silero: a small network that knows speech from noise, for recordings of ' +
        'people; none: keep every recording whole',
    ),
  energy: section({
    belowPeak: z
      .number()
      .positive()
      .max(50)
      .default(9)
      .describe(
        "natural log; a frame is speech within this of the recording's 95th percentile of log energy (9 = 39 dB)",
      ),
    floor: z
      .number()
      .min(-200)
      .max(0)
      .default(-75)
      .describe('dB of full scale; quieter frames are never speech, so that a silent recording has none'),
    maxGap: z
      .number()
      .nonnegative()
      .max(60)
      .default(0.08)
      .describe('seconds; shorter gaps belong to the speech around them (closures of stops)'),
    minBurst: z.number().nonnegative().max(60).default(0.03).describe('seconds; shorter bursts are clicks, not speech'),
    hangover: z
      .number()
      .nonnegative()
      .max(10)
      .default(0.02)
      .describe('seconds kept before and after each stretch, where onsets and releases fade'),
  }).describe('settings of the energy method'),
  silero: section({
    model: z
      .string()
      .default('')
      .describe(
        'silero_vad.onnx, version 5 or 6; relative to the data folder; empty = version 6, which comes with asr',
      ),
    threshold: z.number().min(0).max(1).default(0.5).describe('probability at which speech begins'),
    release: z
      .number()
      .min(0)
      .max(1)
      .default(0.35)
      .describe('probability below which it ends; lower than the threshold, so that it does not flicker'),
    maxGap: z
      .number()
      .nonnegative()
      .max(60)
      .default(0.1)
      .describe('seconds; shorter gaps belong to the speech around them'),
    minBurst: z.number().nonnegative().max(60).default(0.1).describe('seconds; shorter bursts are no speech'),
    hangover: z
      .number()
      .nonnegative()
      .max(10)
      .default(0.03)
      .describe('seconds kept before and after each stretch: steps are 32 ms'),
  }).describe('settings of the silero method'),
  minSpeech: z
    .number()
    .nonnegative()
    .max(3600)
    .default(0.1)
    .describe('seconds; a recording with less speech is left out'),
  maxSeconds: z
    .number()
    .positive()
    .max(3600)
    .default(30)
    .describe('seconds of speech; a longer recording becomes several utterances, cut at its pauses'),
});
export type VadConfig = z.infer<typeof vadConfig>;
export type EnergyConfig = VadConfig['energy'];
export type SileroConfig = VadConfig['silero'];
