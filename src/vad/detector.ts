// Whatever finds speech: samples of a recording in, regions out. The energy method needs nothing; Silero's network is
// loaded only when it is asked for.
import type { Region } from '../core/records.js';
import type { Compute } from '../core/stage.js';
import type { VadConfig } from './config.js';
import { detectSpeech } from './energy.js';

export interface SpeechDetector {
  /**
   * @param samples mono, 16 kHz; full scale 1, or integers of the 16-bit grid
   * @param peak of the whole recording, where `samples` is a part of it
   * @returns speech regions [start, end), sorted, apart from each other
   */
  detect(samples: Float32Array | Int16Array, peak?: number): Promise<Region[]>;
  /** The same for several recordings, where that is faster than one after the other. */
  detectMany?(recordings: readonly (Float32Array | Int16Array)[]): Promise<Region[][]>;
  dispose(): Promise<void>;
}

/**
 * @param folder where a relative `vad.silero.model` starts
 * @throws AsrError 'model' when the named network cannot be used
 */
export async function createDetector(config: VadConfig, compute: Compute, folder: string): Promise<SpeechDetector> {
  if (config.method === 'silero') return (await import('./silero.js')).createSilero(config.silero, compute, folder);
  return { detect: async (samples, peak) => detectSpeech(samples, config, peak), dispose: async () => undefined };
}
