// Sentences in, wav bytes out: a stretch of the demo's corpus, spoken by a synthesiser of its own, since what eSpeak
// says depends a little on what it said before.
import { fullScale } from '../../src/audio/mono.js';
import { giveWay } from '../../src/core/event-loop.js';
import { wavFile } from '../../src/core/wav-header.js';
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
      // `Int16Array.from` with a function takes an eighth of the time of speaking.
      const integers = new Int16Array(samples.length);
      for (let i = 0; i < samples.length; i++) integers[i] = Math.round(fullScale * (samples[i] as number));
      const wav = wavFile(integers, sampleRate);
      spoken.push({ wav, seconds: samples.length / sampleRate });
    }
    return spoken;
  } finally {
    espeak.dispose();
  }
}
