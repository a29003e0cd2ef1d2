// Sound inside the page: samples in, a wav file as a data URI out.
import wavefile from 'wavefile';
import { sampleRate } from '../core/records.js';

/** @param samples mono, 16 bit. @param rate in Hz */
export function soundUri(samples: Int16Array, rate = sampleRate): string {
  const wav = new wavefile.WaveFile();
  wav.fromScratch(1, rate, '16', samples);
  return wav.toDataURI();
}
