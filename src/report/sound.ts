// Sound inside the page: samples in, a wav file as a data URI out.
import { wavFile } from '../core/wav-header.js';
import { sampleRate } from '../core/time.js';

/** @param samples mono, 16 bit. @param rate in Hz */
export const soundUri = (samples: Int16Array, rate = sampleRate): string =>
  `data:audio/wav;base64,${Buffer.from(wavFile(samples, rate)).toString('base64')}`;
