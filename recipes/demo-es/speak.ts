// Sentences in, wav bytes out: a stretch of the demo's corpus, spoken by a synthesiser of its own, since what eSpeak
// says depends a little on what it said before.
import { toGrid } from '../../src/audio/mono.js';
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
      const wav = wavFile(toGrid(samples), sampleRate);
      spoken.push({ wav, seconds: samples.length / sampleRate });
    }
    return spoken;
  } finally {
    espeak.dispose();
  }
}
