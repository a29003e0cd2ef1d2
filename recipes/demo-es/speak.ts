// Sentences in, wav bytes out: a stretch of the demo's corpus, spoken by a synthesiser of its own, since what eSpeak
// says depends a little on what it said before.
import { giveWay } from '../../src/core/event-loop.js';
import { createEspeak } from '../../src/espeak/espeak.js';
import type { EspeakVoice } from '../../src/espeak/speech.js';

export interface Line {
  readonly text: string;
  readonly voice: EspeakVoice;
}

export interface Spoken {
  readonly wav: Uint8Array<ArrayBuffer>;
  readonly seconds: number;
}

/** @throws AsrError 'dependency' where eSpeak NG is missing */
export async function speakLines(lines: readonly Line[], signal?: AbortSignal): Promise<Spoken[]> {
  const espeak = await createEspeak();
  try {
    const spoken: Spoken[] = [];
    for (const { text, voice } of lines) {
      await giveWay(signal);
      const { samples, sampleRate } = espeak.synthesise(text, voice);
      spoken.push({ wav: wavOf(samples, sampleRate), seconds: samples.length / sampleRate });
    }
    return spoken;
  } finally {
    espeak.dispose();
  }
}

/** 16-bit mono PCM; wavefile takes a third of the time of speaking for it. */
function wavOf(samples: Float32Array, rate: number): Uint8Array<ArrayBuffer> {
  const header = 44;
  const bytes = new Uint8Array(header + 2 * samples.length);
  const view = new DataView(bytes.buffer);
  const text = (at: number, value: string): void => {
    for (let i = 0; i < value.length; i++) view.setUint8(at + i, value.charCodeAt(i));
  };
  text(0, 'RIFF');
  view.setUint32(4, bytes.length - 8, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // channels
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, 2 * samples.length, true);
  for (let i = 0; i < samples.length; i++) view.setInt16(header + 2 * i, Math.round(samples[i]! * 32767), true);
  return bytes;
}
