// What a synthesiser is asked to be, and what it says: plain data that crosses between threads.

export interface EspeakVoice {
  /** eSpeak's name of the language and variant, for instance `es` or `es+f2`. */
  readonly name: string;
  /** Words per minute, 80 to 450. */
  readonly rate?: number;
  /** 0 to 99; 50 is the voice's own. */
  readonly pitch?: number;
  /** Liveliness of the intonation, 0 to 99; 50 is the voice's own. */
  readonly pitchRange?: number;
}

/** A phone as the synthesiser spoke it: eSpeak's IPA symbol and its start in samples of the speech. */
export interface SpokenPhone {
  readonly phone: string;
  readonly start: number;
}

export interface Speech {
  readonly samples: Float32Array;
  readonly sampleRate: number;
  readonly phones: readonly SpokenPhone[];
}
